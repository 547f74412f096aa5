"""The one tree of errors. Each says what, why and how to fix; only the doors turn them into exit codes.

IdsyncError
  UsageError                 the command line or its input cannot be acted on
    UnknownPerson            ... since nobody is known by the name or Okta id that it gives
  ConfigError                the configuration is invalid (holds diagnostics)
  SecretError                a referenced secret is missing or unreadable
  AuthenticationError        the source refused the credential
    AuthorizationError       ... or what it may do (names the missing scope)
  BlockedError               a guard or a finding holds the plan back
  PlanError                  a plan file cannot be applied
    PlanStale, PlanUsed, PlanTampered, PlanMismatch
  SourceError                the source cannot be read
    SourceUnreachable, SourceUnhealthy, SnapshotError
  TargetError                a target refuses a step, or does not answer
    StaysInOkta              ... since a group brings an app as well that was to be taken away
  PartlyApplied              some steps of an apply are in their target and some are not
  LeaseHeld                  another run is at work
    OlderReplica             ... a service that does not know the schema to which this version would bring the store
  LeaseLost                  another run took over what this one held
  PassStopped                a pass of a service broke off since the service ends
  StoreError                 the store cannot be opened, read or written
    StoreBusy                ... since another process is writing to it for too long
    StoreAway                ... since its server does not answer now, or nobody can write there, as on a full disk
    StoreDamaged             ... since something in it cannot be read (names it)
    AppliedUnknown           ... since it says of the applied configuration what cannot be read or loaded here
    SchemaMoved              ... since a newer version brought it to a schema that this one does not know
    SchemaTooOld             ... before a command that writes has brought it to today's schema
    StoreReplaced            ... since it is another one than this process has written to
  ResourceError              a resource in a manual edit is invalid, unknown, stale or in conflict
  NotTogether                pushes that were taken at one time must be taken one after the other
  NameTaken                  a pushed user has the name of another one, or of somebody whom idsync does not manage
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from idsync.diagnostics import Diagnostic, Position


class IdsyncError(Exception):
    """An error that explains itself: `summary` what, `why`, `fix` how, `position` where if a file is at fault."""

    def __init__(self, summary: str, *, why: str = "", fix: str = "", position: "Position | None" = None) -> None:
        super().__init__(summary)
        self.summary = summary
        self.why = why
        self.fix = fix
        self.position = position

    @property
    def in_full(self) -> str:
        """What, why and how to fix as one text, each a sentence."""
        parts = (part.rstrip() for part in (self.summary, self.why, self.fix))
        return " ".join(part if part.endswith((".", "?", "!", ")")) else f"{part}." for part in parts if part)


class UsageError(IdsyncError):
    """The command line, or what it was given, cannot be acted on."""


class UnknownPerson(UsageError):
    """Nobody is known by the name or Okta id that was given."""


class ConfigError(IdsyncError):
    """The configuration is invalid; `diagnostics` holds every mistake."""

    def __init__(self, summary: str, diagnostics: Sequence["Diagnostic"] = (), *, why: str = "", fix: str = "") -> None:
        super().__init__(summary, why=why, fix=fix)
        self.diagnostics = tuple(diagnostics)


class SecretError(IdsyncError):
    """A referenced secret is missing or unreadable; its value is never part of the message."""


class AuthenticationError(IdsyncError):
    """The source does not accept the credential."""


class AuthorizationError(AuthenticationError):
    """The credential is accepted and may not do what is needed; `scope` is what is missing, when known."""

    def __init__(self, summary: str, *, scope: str = "", why: str = "", fix: str = "") -> None:
        super().__init__(summary, why=why, fix=fix)
        self.scope = scope


class BlockedError(IdsyncError):
    """A guard or finding holds the plan back; `guards` are the names that `--allow` takes."""

    def __init__(self, summary: str, *, guards: Sequence[str] = (), why: str = "", fix: str = "") -> None:
        super().__init__(summary, why=why, fix=fix)
        self.guards = tuple(guards)


class PlanError(IdsyncError):
    """A plan file cannot be read or applied."""


class PlanStale(PlanError):
    """A target moved since the plan was made; `addresses` are the objects that differ, in the target of this name."""

    def __init__(
        self, summary: str, *, addresses: Sequence[str] = (), target: str = "", why: str = "", fix: str = ""
    ) -> None:
        super().__init__(summary, why=why, fix=fix)
        self.addresses = tuple(addresses)
        self.target = target


class PlanUsed(PlanError):
    """The plan was applied already."""


class PlanTampered(PlanError):
    """The plan file is not what was written."""


class PlanMismatch(PlanError):
    """The plan was made with another config, org or tool version."""


class SourceError(IdsyncError):
    """The source cannot be read."""


class SourceUnreachable(SourceError):
    """The source does not answer, or not sensibly, after every retry."""


class SourceUnhealthy(SourceError):
    """The snapshot cannot be trusted with removals, or at all; `codes` are the health findings that say so."""

    def __init__(self, summary: str, *, codes: Sequence[str] = (), why: str = "", fix: str = "") -> None:
        super().__init__(summary, why=why, fix=fix)
        self.codes = tuple(codes)


class SnapshotError(SourceError):
    """A snapshot file does not parse or validate."""


class TargetError(IdsyncError):
    """A target refuses a step, or does not answer; what it made of the step, nobody knows."""


class StaysInOkta(TargetError):
    """Okta keeps an assignment that was to go, since a group brings it as well: it stays on both sides."""


class PartlyApplied(IdsyncError):
    """Some steps of an apply were made and some not: of `total`, `done` were, `failed` could not be, and `waiting` wait
    for these. `causes` are the errors of targets of which nothing could be tried.
    """

    causes: tuple[IdsyncError, ...] = ()

    def __init__(
        self,
        summary: str,
        *,
        done: int,
        total: int,
        failed: int = 0,
        waiting: int = 0,
        causes: Sequence[IdsyncError] = (),
        why: str = "",
        fix: str = "",
    ) -> None:
        super().__init__(summary, why=why, fix=fix)
        self.done = done
        self.total = total
        self.failed = failed
        self.waiting = waiting
        self.causes = tuple(causes)


class LeaseHeld(IdsyncError):
    """Another run holds the lease; `holder` and `since` say who and from when."""

    def __init__(self, summary: str, *, holder: str, since: str, why: str = "", fix: str = "") -> None:
        super().__init__(summary, why=why, fix=fix)
        self.holder = holder
        self.since = since


class OlderReplica(LeaseHeld):
    """A service that runs knows an earlier schema than the one to which this version would bring the store."""


class LeaseLost(IdsyncError):
    """The lease was not renewed in time, and another process took it: nothing is written any more."""


class PassStopped(IdsyncError):
    """A pass of a service broke off, with everything kept that it had done, since the service was told to end."""


class StoreError(IdsyncError):
    """The store cannot be opened, read or written; `place` is where it is, as the text tells it."""

    def __init__(
        self, summary: str, *, why: str = "", fix: str = "", position: "Position | None" = None, place: str = ""
    ) -> None:
        super().__init__(summary, why=why, fix=fix, position=position)
        self.place = place

    @property
    def without_place(self) -> str:
        """All of it, but for where the store is: what somebody is told who speaks to a service."""
        return self.in_full.replace(f" {self.place}", "") if self.place else self.in_full


class StoreBusy(StoreError):
    """Another process writes to the store, and did not end in time."""


class StoreAway(StoreError):
    """The store's server does not answer, or the store cannot be read or written there now: another try may succeed."""


class StoreDamaged(StoreError):
    """Something in the store cannot be read; `what` names it."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(
            f"What the store holds of {what} is damaged.",
            why=why,
            fix="Restore the store from a backup; `idsync history --verify` says what else is damaged. Without one, "
            "move the store away and apply again: what Okta asks for is made again, what people made by hand is lost.",
        )
        self.what = what


class AppliedUnknown(StoreError):
    """What the store says of the configuration that was applied last cannot be read, or loaded by this version."""


class SchemaMoved(StoreError):
    """A newer version brought the store to a schema that this one does not know, maybe since it was opened."""


class SchemaTooOld(StoreError):
    """The store was made by an earlier version, and this command may not bring it to today's schema."""


class StoreReplaced(StoreError):
    """The store is another one than this process has written to: its file was replaced, or a backup was restored."""


class ResourceError(IdsyncError):
    """A resource in a manual edit is invalid, unknown, stale or in conflict."""


class NotTogether(IdsyncError):
    """Pushes that were taken at one time must be taken one after the other; nothing of them was kept."""


class NameTaken(IdsyncError):
    """A pushed user has the name of another one, or of somebody in the directory whom idsync does not manage."""
