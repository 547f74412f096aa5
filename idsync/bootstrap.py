"""The composition root: makes a configuration's source, store and target concrete. No other module knows them all.

Adapters are imported when they are asked for, so that a command pays only for those it uses.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, assert_never

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.config.codes import BAD_STORE, STORE_FOLDER_MISSING, UNUSABLE_SECRET
from idsync.config.loader import load
from idsync.config.mistakes import Mistakes
from idsync.config.secret_references import FolderSecret, SecretReference
from idsync.config.secrets import Secret, resolve, secret_references
from idsync.config.settings import ApiToken, OAuth, OktaSource, ScimSource, Settings, SnapshotSource
from idsync.config.source_files import SourceFile, shown
from idsync.config.store_address import store_complaint
from idsync.diagnostics import Diagnostic, Position, has_errors, quoted
from idsync.errors import ConfigError, SecretError, StoreError
from idsync.model.identity import Snapshot
from idsync.model.times import format_time
from idsync.plan.sections import FIRST, OKTA
from idsync.reconcile.applied_configuration import applied_configuration, applied_key, applied_settings, judged
from idsync.stores.protocol import Access, Holder, Store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target

if TYPE_CHECKING:
    from idsync.apply.request import Request
    from idsync.model.okta_access import Scope
    from idsync.okta.auth import Credential
    from idsync.okta.remembered import Remembered
    from idsync.reconcile.both_ways import BothWays
    from idsync.sources.okta.probe import OktaProbe
    from idsync.sources.okta.source import OktaSource as OktaReader
    from idsync.sources.protocol import Progress
    from idsync.sources.pushed import PushedSource
    from idsync.sources.snapshot import SnapshotSource as SnapshotReader
    from idsync.targets.okta.sso_app import OktaSsoApps
    from idsync.targets.okta.writer import MembershipWriter


class Workspace:
    """Everything that one configuration speaks of. `warnings` is what its loading noticed, `files` are its texts."""

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        warnings: tuple[Diagnostic, ...] = (),
        environment: Mapping[str, str] | None = None,
        files: tuple[SourceFile, ...] = (),
    ) -> None:
        self.settings = settings
        self.directory = directory
        self.warnings = warnings
        self.files = files
        self._environment = os.environ if environment is None else environment

    def now(self) -> datetime:
        """The time, in whole seconds: the directory knows none smaller."""
        return datetime.now(UTC).replace(microsecond=0)

    def source(
        self,
        progress: "Progress",
        *,
        snapshot: Path | None = None,
        everything: bool = False,
        remembered: "Remembered | None" = None,
        also: Settings | None = None,
    ) -> "OktaReader | SnapshotReader | PushedSource":
        """Where identities come from: a file when one is given, else what the configuration says.

        With `everything`, Okta is read whole, whatever the filters say; with `also`, for those settings too.
        `remembered` is what the process knows of Okta from readings before. Raises SecretError.
        """
        from idsync.sources.snapshot import SnapshotSource as SnapshotReader

        if snapshot is not None:
            return SnapshotReader(snapshot)
        source = self.settings.integration.source
        if not self.settings.integration.pulls:
            source = ScimSource()
        match source:
            case SnapshotSource(path=path):
                return SnapshotReader(self.directory / path)
            case OktaSource():
                return self._okta(progress, everything=everything, remembered=remembered, also=also)
            case ScimSource():
                from idsync.sources.pushed import PushedSource

                return PushedSource(self._pushed_facts)
            case _:
                assert_never(source)

    def probe(self) -> "OktaProbe":
        """What tries out the organization and the credential, to be closed. Raises SecretError and SourceError."""
        from idsync.sources.okta.probe import OktaProbe

        integration = self.settings.integration
        return OktaProbe(
            org_url=integration.org_url,
            app=integration.app,
            credential=self._credential(),
            rate_limit_share=integration.rate_limit_share,
        )

    def scopes_to_read(self) -> frozenset["Scope"]:
        """The scopes that readings of this configuration need."""
        from idsync.sources.okta.selection import Selection

        needed: set[Scope] = {"okta.users.read", "okta.apps.read"}
        return frozenset(needed | ({"okta.groups.read"} if Selection.of(self.settings).needs_groups else set()))

    def _pushed_facts(self) -> Snapshot | None:
        with self.store(Access.READ) as store:
            return store.upstream.whole()

    def has_store(self) -> bool:
        """Whether the store is there already."""
        from idsync.stores.opening import store_exists

        return store_exists(self.store_address(), self.directory)

    @contextmanager
    def store(self, access: Access) -> Iterator[Store]:
        """The store, for what `access` says. Raises StoreError, and ConfigError where its folder is missing."""
        from idsync.stores.opening import open_store

        self._check_store_folder()
        with open_store(self.store_address(), self.directory, access) as store:
            yield store

    def listen(self, called: Callable[[], None], ends: Event) -> bool:
        """Call `called` whenever a replica asks the one that leads to look; False where nobody can listen."""
        from idsync.stores.opening import listen

        return listen(self.store_address(), called, ends)

    def store_address(self) -> str:
        """Where the store is; a secret where the configuration refers to it. Raises ConfigError and SecretError."""
        store = self.settings.integration.store
        if isinstance(store, str):
            return store
        address = self._secret(store).reveal()
        if complaint := store_complaint(address):
            mistakes = Mistakes()
            mistakes.add(BAD_STORE, store.position, f"the store's address, to which this refers, {complaint}")
            raise ConfigError("The store cannot be opened; nothing was done.", tuple(mistakes.found))
        return address

    def _check_store_folder(self) -> None:
        """Raise ConfigError, at the line of the store, where the folder is missing in which it is to lie."""
        from idsync.stores.opening import store_folder

        integration = self.settings.integration
        folder = store_folder(self.store_address(), self.directory)
        if folder is not None and not folder.exists():
            mistakes = Mistakes()
            place = integration.store_position or integration.position
            mistakes.add(STORE_FOLDER_MISSING, place, f"the store's folder {quoted(shown(folder), 200)} does not exist")
            raise ConfigError("The store cannot be opened; nothing was done.", tuple(mistakes.found))

    def target(self, store: Store) -> LocalTarget:
        """Where access is enforced: the first target, and what people look at and edit."""
        integration = self.settings.integration
        return LocalTarget(store.directory, integration.org_url, integration.former_addresses)

    def further_targets(self) -> tuple[Target, ...]:
        """The targets beside the first: none that a configuration can name yet."""
        return ()

    def targets(self, store: Store) -> Mapping[str, Target]:
        """Every target that plans are made for and applied to, by the names that plans give them."""
        further = {target.name: target for target in self.further_targets()}
        if self.settings.integration.sync.bidirectional:
            further[OKTA] = self._okta_target(store)
        return {FIRST: self.target(store), **further}

    def both_ways(self, store: Store) -> "BothWays | None":
        """What memberships that go both ways are merged by; None where they go one way."""
        if not self.settings.integration.sync.bidirectional:
            return None
        from idsync.reconcile.agreeing import known_agreed
        from idsync.reconcile.both_ways import BothWays
        from idsync.targets.okta.groups import Groups

        return BothWays(known_agreed(store.facts), Groups(self._writer))

    def _okta_target(self, store: Store) -> Target:
        from idsync.reconcile.agreeing import known_agreed
        from idsync.targets.okta.target import OktaTarget

        return OktaTarget(self.settings.integration.org_url, known_agreed(store.facts), self._writer)

    @contextmanager
    def _writer(self) -> "Iterator[MembershipWriter]":
        """What writes memberships in Okta, and asks about groups before it does. Raises SecretError."""
        from idsync.okta.request import Requester, Timing
        from idsync.targets.okta.writer import MembershipWriter

        integration = self.settings.integration
        requester = Requester(integration.org_url, integration.rate_limit_share, None, Timing())
        try:
            yield MembershipWriter(requester, self._credential())
        finally:
            requester.close()

    @contextmanager
    def sso_apps(self) -> "Iterator[OktaSsoApps]":
        """What finds, makes and assigns the SSO app, for `enroll` alone. Raises SecretError."""
        from idsync.okta.request import Requester, Timing
        from idsync.targets.okta.sso_app import OktaSsoApps

        integration = self.settings.integration
        requester = Requester(integration.org_url, integration.rate_limit_share, None, Timing())
        try:
            yield OktaSsoApps(requester, self._credential())
        finally:
            requester.close()

    def holder(self, since: str) -> Holder:
        """This process, as the one at work."""
        from idsync.stores.holder import this_process

        return this_process(since)

    def expected(self) -> Expected:
        """What a plan must have been made with to be applied here."""
        integration = self.settings.integration
        targets = (FIRST, *(target.name for target in self.further_targets()))
        targets += (OKTA,) if integration.sync.bidirectional else ()
        return Expected(
            self.settings.digest,
            integration.org_url,
            __version__,
            integration.users.adopt,
            targets,
            integration.former_addresses,
            self.settings.limits,
            integration.sync,
            integration.users.traits,
        )

    def request(self, actor: str, now: datetime) -> "Request":
        """What an apply here is asked for by `actor`; locks are swept where they are managed."""
        from idsync.apply.request import Request

        holder, sync = self.holder(format_time(now)), self.settings.integration.sync
        return Request(actor=actor, now=now, holder=holder, expected=self.expected(), sweep_locks=sync.users)

    def applied_key(self, store: Store) -> str:
        """The fact that holds the configuration that was applied last."""
        return applied_key(self.target(store))

    def applied_digest(self, store: Store) -> str | None:
        """The digest of the configuration that was applied last; None where none was ever. Raises StoreError."""
        applied = applied_configuration(store.facts, self.target(store))
        return None if applied is None else applied.digest

    def service_secret(self, reference: SecretReference) -> str:
        """A secret of the Service document. Raises SecretError at its line."""
        with _at(reference.position):
            return self._secret(reference).reveal()

    def in_force(self, store: Store, *, as_applied: bool = False) -> tuple["Workspace", bool]:
        """What passes go by that nobody attends: the configuration that was applied last, and whether another waits.

        It is this one where none was ever applied, and where it is to be followed as it is, unless the pass is to go by
        what was applied all the same. Raises StoreError.
        """
        follows = self.settings.service.follow_config and not as_applied
        applied = None if follows else self.applied(store)
        if applied is None:
            return self.judged(store), False
        return applied, applied.settings.digest != self.settings.digest

    def applied(self, store: Store) -> "Workspace | None":
        """The configuration that was applied last; None where none was ever. Raises StoreError."""
        applied = applied_configuration(store.facts, self.target(store))
        if applied is None:
            return None
        if applied.digest == self.settings.digest and applied.files == self.files:
            return self._with(judged(self.settings, applied, self.directory))
        settings = judged(applied_settings(applied, self.directory), applied, self.directory)
        return Workspace(settings, self.directory, environment=self._environment, files=applied.files)

    def judged(self, store: Store) -> "Workspace":
        """The same, where plans are judged by the stricter of these guards and of those in force."""
        with suppress(StoreError):
            return self._with(
                judged(self.settings, applied_configuration(store.facts, self.target(store)), self.directory)
            )
        return self

    def _with(self, settings: Settings) -> "Workspace":
        """The same place with settings that are judged otherwise."""
        if settings == self.settings:
            return self
        return Workspace(settings, self.directory, self.warnings, self._environment, self.files)

    def check_secrets(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the secrets that are named: missing, badly kept, or of no use. None of them is quoted."""
        references = secret_references(self.settings)
        found = tuple(
            each for named in references for each in resolve(named, self._environment, self.directory).diagnostics
        )
        if self.settings.integration.authentication is not None and not has_errors(found):
            try:
                self._credential()
            except SecretError as error:
                return (*found, _as_diagnostic(error, references[0].position))
        return found

    def _okta(
        self,
        progress: "Progress",
        *,
        everything: bool,
        remembered: "Remembered | None",
        also: Settings | None,
    ) -> "OktaReader":
        from idsync.sources.okta.selection import Selection
        from idsync.sources.okta.source import OktaSource as OktaReader

        integration = self.settings.integration
        return OktaReader(
            org_url=integration.org_url,
            app=integration.app,
            credential=self._credential(),
            selection=Selection(everything=True) if everything else Selection.of(self.settings, also),
            rate_limit_share=integration.rate_limit_share,
            progress=progress,
            remembered=remembered,
        )

    def _credential(self) -> "Credential":
        from idsync.okta.auth import ApiTokenCredential, OAuthCredential

        authentication = self.settings.integration.authentication
        match authentication:
            case ApiToken(token=token):
                with _at(token.position):
                    return ApiTokenCredential(self._secret(token).reveal())
            case OAuth(client_id=client_id, private_key=private_key, key_id=key_id):
                with _at(private_key.position):
                    secret, in_folder = self._resolved(private_key)
                    return OAuthCredential(client_id, secret.reveal(), key_id or in_folder)
            case None:
                raise ConfigError(
                    "There is no way to sign in to Okta.",
                    why="The Integration document has no auth, and Okta is to be read.",
                    fix="Add auth, or give --snapshot FILE.",
                )
            case _:
                assert_never(authentication)

    def public_keys(self) -> list[dict[str, Any]]:
        """The public halves of the keys that `idsync keys` keeps, as JWKs; none where the keys are kept otherwise."""
        folder = self.keys_folder()
        if folder is None:
            return []
        from idsync.okta.key_folder import public_keys

        return public_keys(folder)

    def keys_folder(self) -> Path | None:
        """The folder in which the configuration says that its private keys are."""
        match self.settings.integration.authentication:
            case OAuth(private_key=FolderSecret(path=path)):
                return self.directory / path
            case _:
                return None

    def _secret(self, reference: SecretReference) -> Secret:
        return self._resolved(reference)[0]

    def _resolved(self, reference: SecretReference) -> tuple[Secret, str | None]:
        """A secret and, of a key in a folder, its id. Raises SecretError."""
        resolved = resolve(reference, self._environment, self.directory)
        if resolved.secret is None:
            found = next(found for found in resolved.diagnostics if has_errors([found]))
            summary = f"{found.summary[:1].upper()}{found.summary[1:]}."
            raise SecretError(summary, why=found.why, fix=found.fix, position=found.position)
        return resolved.secret, resolved.key_id


@contextmanager
def _at(position: Position) -> Iterator[None]:
    """Give a refusal of a secret the place where the secret is named."""
    try:
        yield
    except SecretError as error:
        error.position = error.position or position
        raise


def _as_diagnostic(error: SecretError, position: Position) -> Diagnostic:
    mistakes = Mistakes()
    summary = error.summary[:1].lower() + error.summary[1:].removesuffix(".")
    mistakes.add(UNUSABLE_SECRET, error.position or position, summary, why=error.why, fix=error.fix)
    return mistakes.found[0]


def open_workspace(config: Path) -> Workspace:
    """Load the configuration at `config`; raises ConfigError with every mistake."""
    loaded = load(config)
    if loaded.settings is None:
        raise ConfigError("The configuration is invalid; nothing was done.", loaded.diagnostics)
    return Workspace(loaded.settings, loaded.directory, loaded.diagnostics, files=loaded.files)
