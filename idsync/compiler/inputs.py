"""What is compiled: settings and a snapshot, the pool resolved, groups and apps matched; and the locks, first."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property

import msgspec

from idsync.compiler.earlier import EarlierRules
from idsync.compiler.left_as_is import LeftRows, left_rows
from idsync.compiler.locks import DesiredLocks, desired_locks
from idsync.compiler.pool import Pool
from idsync.compiler.roles import RoleMapping
from idsync.compiler.subjects import Subject, subjects
from idsync.compiler.traits import TraitMapping
from idsync.config.settings import Settings
from idsync.model.addresses import Address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import LastApply
from idsync.model.directory_index import DirectoryIndex
from idsync.model.identity import Snapshot
from idsync.model.measures import ListKind, ListMeasure
from idsync.model.resources import Lock
from idsync.model.times import Clocks


class Inputs(msgspec.Struct, frozen=True, dict=True):
    """What is compiled, apart from the current state: the pool resolved and the subjects chosen already."""

    settings: Settings
    snapshot: Snapshot
    index: DirectoryIndex
    pool: Pool
    subjects: tuple[Subject, ...]
    roles: RoleMapping
    traits: TraitMapping
    last: LastApply | None
    clocks: Clocks
    left: LeftRows = LeftRows()
    shared_lists: frozenset[str] = frozenset()
    """Lists that have other members than those who are looked at: they are never empty."""
    past: AgreedPast = NOTHING_PAST
    earlier: EarlierRules | None = None
    """The configuration that was applied last, where it is known and another one."""
    others: Mapping[str, ListKind] = {}
    """Groups and apps that exist, and that the source was not asked for."""
    merged: Mapping[str, frozenset[str]] = {}
    """Members of lists that go both ways, by Okta id, where they are not as the reading has them."""
    staying: Mapping[str, frozenset[str]] = {}
    """Names that stay in lists that go both ways, though nobody of the pool has them."""
    taken_up: frozenset[Address] = frozenset()
    """Memberships that people edited and that are not put back, since they go to Okta."""
    sent: frozenset[str] = frozenset()
    """The Okta ids of the people of whose memberships Okta is told."""

    imported: tuple[Subject, ...] = ()
    """The groups and apps that pass the filters, whatever they become."""
    resources_of: frozenset[str] | None = None
    """Of which apps and groups the resources are looked at, by Okta id; None for all."""

    @cached_property
    def app_groups(self) -> tuple[Subject, ...]:
        """The apps and groups that become resources; none where these are not managed."""
        return self.imported if self.settings.integration.sync.app_groups else ()

    @cached_property
    def edited(self) -> frozenset[Address]:
        """What people edited by hand and is put back."""
        return self.index.edited - self.taken_up

    @property
    def now(self) -> datetime:
        """The time for what is written, and for what takes access away when its time comes: the later of two clocks."""
        return self.clocks.later

    @property
    def known_lists(self) -> Mapping[str, ListMeasure]:
        """Groups and apps as they were read last."""
        return self.last.good.known_lists if self.last is not None and self.last.good is not None else {}

    @cached_property
    def config_changed(self) -> bool:
        """Whether the config is not the one of the last apply; where none is known, only a directory that has
        something of ours can have been made under another.
        """
        if self.last is None:
            return any(entry.okta_id is not None for entry in self.index.users.values())
        return self.last.config_digest != self.settings.digest


def prepare(
    settings: Settings,
    snapshot: Snapshot,
    index: DirectoryIndex,
    pool: Pool,
    last: LastApply | None,
    clocks: Clocks,
    shared_lists: frozenset[str] = frozenset(),
    past: AgreedPast = NOTHING_PAST,
) -> Inputs:
    """Match groups and apps against filters and rules, once."""
    traits = TraitMapping(settings.integration.users.traits)
    sync = settings.integration.sync
    imported = tuple(subjects(settings.filters, snapshot)) if sync.access_lists or sync.app_groups else ()
    chosen = imported if sync.access_lists else ()
    roles = RoleMapping(settings, snapshot, traits)
    left = left_rows(settings, snapshot, last.good if last else None)
    return Inputs(
        settings,
        snapshot,
        index,
        pool,
        chosen,
        roles,
        traits,
        last,
        clocks,
        left,
        shared_lists,
        past,
        imported=imported,
    )


def decide_locks(inputs: Inputs, in_force: Mapping[str, Lock]) -> DesiredLocks:
    """The locks to have. They are decided first: who cannot be locked is not touched at all."""
    integration = inputs.settings.integration
    if not integration.sync.users:
        return DesiredLocks({}, {}, {}, (), frozenset())
    return desired_locks(
        integration.locks,
        integration.org_url,
        inputs.pool,
        in_force,
        inputs.index.users,
        inputs.now,
        inputs.past,
    )
