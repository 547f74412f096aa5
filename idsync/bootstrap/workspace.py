"""A workspace: one configuration with its source, its store and its targets.

Adapters are imported when they are asked for, so that a command pays only for those it uses.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, assert_never

from idsync import __version__
from idsync.apply.admission import Expected
from idsync.apply.last_apply import last_apply
from idsync.bootstrap.both_directions import BothDirections
from idsync.bootstrap.organization import Organization
from idsync.bootstrap.secrets import Secrets
from idsync.config.codes import STORE_FOLDER_MISSING
from idsync.config.loader import Loaded, load, load_documents
from idsync.config.mistakes import Mistakes
from idsync.config.secret_references import FolderSecret
from idsync.config.settings import OAuth, OktaSource, ScimSource, Settings, SnapshotSource
from idsync.config.source_files import SourceFile, shown
from idsync.diagnostics import Diagnostic, quoted
from idsync.errors import AppliedUnknown, ConfigError
from idsync.model.extent import Reading
from idsync.model.findings import Finding
from idsync.model.identity import Snapshot
from idsync.model.times import format_time
from idsync.plan.sections import FIRST, OKTA
from idsync.reconcile.applied_configuration import (
    applied_configuration,
    applied_key,
    applied_settings,
    judged,
    reached_as,
    settings_before,
)
from idsync.stores.protocol import Access, Holder, Store
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target

if TYPE_CHECKING:
    from idsync.apply.request import Request
    from idsync.okta.remembered import Remembered
    from idsync.reconcile.merged_lists import BothWays
    from idsync.reconcile.merging import Begun
    from idsync.reconcile.plan_options import PlanOptions
    from idsync.sources.okta.source import OktaSource as OktaReader
    from idsync.sources.protocol import Progress
    from idsync.sources.pushed import PushedSource
    from idsync.sources.snapshot import SnapshotSource as SnapshotReader


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
        self.secrets = Secrets(settings, directory, self._environment)
        self.okta = Organization(settings, self.secrets)
        self._holder: Holder | None = None
        self.both_directions = BothDirections(settings, self.okta)

    def now(self) -> datetime:
        """The time on this machine, in whole seconds: the directory knows none smaller."""
        return datetime.fromtimestamp(int(self.clock()), UTC)

    def clock(self) -> float:
        """The same, in seconds since 1970."""
        return time.time()

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
                return self.okta.reader(progress, everything=everything, remembered=remembered, also=also)
            case ScimSource():
                from idsync.sources.pushed import PushedSource

                return PushedSource(self._pushed_facts)
            case _:
                assert_never(source)

    def _pushed_facts(self) -> Snapshot | None:
        with self.store(Access.READ) as store:
            return store.upstream.whole()

    def has_store(self) -> bool:
        """Whether the store is there already."""
        from idsync.stores.opening import store_exists

        return store_exists(self.secrets.store_address(), self.directory)

    @contextmanager
    def store(self, access: Access) -> Iterator[Store]:
        """The store, for what `access` says. Raises StoreError, and ConfigError where its folder is missing."""
        from idsync.stores.opening import open_store

        self._check_store_folder()
        with open_store(self.secrets.store_address(), self.directory, access, clock=self.clock) as store:
            yield store

    def listen(self, called: Callable[[], None], ends: Event) -> bool:
        """Call `called` whenever a replica asks the one that leads to look; False where nobody can listen."""
        from idsync.stores.opening import listen

        return listen(self.secrets.store_address(), called, ends)

    def _check_store_folder(self) -> None:
        """Raise ConfigError, at the line of the store, where the folder is missing in which it is to lie."""
        from idsync.stores.opening import store_folder

        integration = self.settings.integration
        folder = store_folder(self.secrets.store_address(), self.directory)
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
            further[OKTA] = self.both_directions.target(store)
        return {FIRST: self.target(store), **further}

    def pass_options(self, store: Store, *, noticed: Iterable[Finding] = ()) -> "PlanOptions":
        """What is known now for a pass that nobody attends, besides what a reading and the directory say.

        `noticed` are findings that the plan is to have besides its own. Raises StoreError.
        """
        from idsync.reconcile.plan_options import PlanOptions

        target = self.target(store)
        return PlanOptions(
            now=store.now(),
            here=self.now(),
            last=last_apply(store.facts, target),
            past=store.agreed(target.name).past(),
            both=self.both_ways(store),
            pushed=None if self.settings.integration.pulls else store.pushed,
            noticed=tuple(noticed),
        )

    def plan_options(
        self, store: Store, *, snapshot: Path | None = None, noticed: Iterable[Finding] = ()
    ) -> "PlanOptions":
        """The same for a plan that people read: it tells edits from Okta's changes, and knows whom SCIM ids stand for.

        What a `snapshot` file says goes one way, and the plan says so. Raises StoreError.
        """
        from msgspec.structs import replace

        from idsync.reconcile.people_known import PeopleKnown
        from idsync.reconcile.single_pass import not_merged

        options, target = self.pass_options(store, noticed=noticed), self.target(store)
        if snapshot is not None:
            options = replace(options, pushed=None)
        if snapshot is not None and options.both is not None:
            options = replace(options, both=None, noticed=(*options.noticed, not_merged()))
        return replace(
            options,
            earlier=settings_before(store.facts, target, self.files, self.directory),
            people=PeopleKnown(store.pushed) if self.settings.integration.sync.scim else None,
        )

    def merging(
        self, store: Store, *, snapshot: Path | None = None, begun: "Begun | None" = None
    ) -> "Callable[[Reading], Reading] | None":
        """How a whole reading that begins then, or now, is merged with what was pushed, and with what was sent; None
        where there is nothing to merge: neither is done, or a `snapshot` file says what there is.
        """
        sync = self.settings.integration.sync
        if snapshot is not None or not (sync.scim or sync.bidirectional):
            return None
        from idsync.reconcile.merging import newest, reading_begins

        since = begun or reading_begins(store.pushed)
        return lambda reading: newest(reading, store, since, self.settings)

    def both_ways(self, store: Store) -> "BothWays | None":
        """What memberships that go both ways are merged by; None where they go one way."""
        return self.both_directions.basis(store)

    def holder(self, since: str) -> Holder:
        """This process, as the one at work."""
        from msgspec.structs import replace

        from idsync.stores.holder import this_process

        if self._holder is None or self._holder.process != os.getpid():
            self._holder = this_process(since)
        return replace(self._holder, since=since)

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

    def takes_pushes(self, store: Store) -> bool:
        """Whether the configuration in force takes pushes; true, too, where nobody can tell here. Raises StoreError."""
        try:
            in_force, _ = self.in_force(store)
        except AppliedUnknown:
            return True
        return in_force.settings.integration.sync.scim

    def applied(self, store: Store) -> "Workspace | None":
        """The configuration that was applied last; None where none was ever. Raises StoreError."""
        applied = applied_configuration(store.facts, self.target(store))
        if applied is None:
            return None
        if applied.digest == self.settings.digest and applied.files == self.files:
            return self._with(judged(self.settings, applied, self.directory))
        reached = reached_as(applied_settings(applied, self.directory), self.settings.integration)
        settings = judged(reached, applied, self.directory)
        return Workspace(settings, self.directory, environment=self._environment, files=applied.files)

    def judged(self, store: Store) -> "Workspace":
        """The same, where plans are judged by the stricter of these guards and of those in force."""
        with suppress(AppliedUnknown):
            return self._with(
                judged(self.settings, applied_configuration(store.facts, self.target(store)), self.directory)
            )
        return self

    def _with(self, settings: Settings) -> "Workspace":
        """The same place with settings that are judged otherwise."""
        if settings == self.settings:
            return self
        judged_here = Workspace(settings, self.directory, self.warnings, self._environment, self.files)
        judged_here.both_directions = self.both_directions.under(settings)
        return judged_here

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


def open_workspace(config: Path) -> Workspace:
    """Load the configuration at `config`; raises ConfigError with every mistake."""
    return _opened(load(config))


def workspace_of(files: tuple[SourceFile, ...], directory: Path) -> Workspace:
    """The configuration that files held once, whatever they hold now; raises ConfigError."""
    return _opened(load_documents(files, directory))


def _opened(loaded: Loaded) -> Workspace:
    if loaded.settings is None:
        raise ConfigError("The configuration is invalid; nothing was done.", loaded.diagnostics)
    return Workspace(loaded.settings, loaded.directory, loaded.diagnostics, files=loaded.files)
