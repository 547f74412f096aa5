"""A directory given as a value: what `get all` printed elsewhere, so that a plan needs no store."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Self

import msgspec

from idsync.model.addresses import Address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import DirectoryState, LastApply, Names
from idsync.model.directory_index import DirectoryIndex, Managed, edited_within, index_of, managed_of
from idsync.model.exported_state import StateSpec
from idsync.model.former_addresses import Orphans, orphans_of, taken_over
from idsync.model.list_owners import is_person
from idsync.model.names import twin_key
from idsync.model.ownership import okta_id_of
from idsync.model.plain_resources import Plains
from idsync.model.resources import AccessList, Lock, Membership
from idsync.model.times import is_past


class GivenDirectory:
    """Reads a state that is in memory already; implements `DirectoryReader`."""

    name = "local"

    def __init__(self, state: DirectoryState, exported: StateSpec | None = None, former: Collection[str] = ()) -> None:
        """`exported` is what the store knew of the directory as a whole, where the value says it. What carries a
        `former` address of the organization is ours.
        """
        self._state = state
        self._exported = exported
        self._former = former

    def knowing(self, former: Collection[str]) -> Self:
        """The same directory, of an organization that had these addresses before."""
        return type(self)(self._state, self._exported, former)

    @property
    def last_apply(self) -> LastApply | None:
        """What the last apply was made from, as far as the value says."""
        return None if self._exported is None else self._exported.last_apply

    @property
    def past(self) -> AgreedPast:
        """What is agreed on about people beyond the value, as far as it says."""
        return NOTHING_PAST if self._exported is None else self._exported.past

    @property
    def configuration(self) -> Mapping[str, str]:
        """The files of the configuration applied last, by path, as far as the value says."""
        return {} if self._exported is None else self._exported.configuration

    @property
    def tells_state(self) -> bool:
        """Whether the value says what was known of the directory as a whole; of an empty one nothing is."""
        return self._exported is not None or self._state == DirectoryState()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A value does not change while it is read."""
        yield

    def serial(self) -> int:
        """The serial that the directory had; -1 where the value does not say it."""
        return -1 if self._exported is None else self._exported.serial

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """The state, or the part of it within `within`, in brief."""
        index = index_of(taken_over(self.state(within), org_url, self._former), org_url)
        if self._exported is None:
            return index
        edited = frozenset(self._exported.edited)
        if within is not None:
            edited = edited_within(edited, within)
        return msgspec.structs.replace(index, edited=edited, serial=self._exported.serial)

    def counts(self, org_url: str) -> Managed:
        """How much of the state is ours."""
        return managed_of(taken_over(self._state, org_url, self._former), org_url)

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:
        """What carries our origin and an address that is not `known`."""
        return orphans_of(self._state, known)

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> frozenset[str]:
        """Names of the users who carry one of these Okta ids, or whose name has one of these twin keys."""
        return frozenset(
            name
            for name, user in self._state.users.items()
            if okta_id_of(user.metadata.labels) in okta_ids or twin_key(name) in twin_keys
        )

    def state(self, within: Names | None = None) -> DirectoryState:
        """The state, or the part of it within `within`, without locks then."""
        state = self._state
        if within is None:
            return state
        lists = {name: state.access_lists[name] for name in within.access_lists & state.access_lists.keys()}
        return DirectoryState(
            users={name: state.users[name] for name in within.users & state.users.keys()},
            access_lists=lists,
            members={name: state.members[name] for name in lists},
            plain={address: state.plain[address] for address in within.plain & state.plain.keys()},
        )

    def plain(self, addresses: Collection[Address] | None = None) -> Plains:
        """Roles, apps and groups: all, or those at these addresses."""
        plain = self._state.plain
        return plain if addresses is None else {each: plain[each] for each in addresses if each in plain}

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        """Locks by name: all, or those on one of these users or of one of these names."""
        locks = self._state.locks
        if users is None:
            return locks
        return {name: lock for name, lock in locks.items() if name in names or lock.spec.target.user in users}

    def ended_locks(self, now: datetime) -> dict[str, Lock]:
        """The locks whose time has passed."""
        return {name: lock for name, lock in self._state.locks.items() if is_past(lock.spec.expires, now)}

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """Every list, or those of these names, without members."""
        lists = self._state.access_lists
        return lists if names is None else {name: lists[name] for name in names if name in lists}

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships."""
        wanted = frozenset(people)
        found = {
            name: {person: entries[person] for person in wanted & entries.keys()}
            for name, entries in self._state.members.items()
        }
        return {name: entries for name, entries in found.items() if entries}

    def owned_by(self, people: Collection[str]) -> frozenset[str]:
        """The lists that name any of `people` as an owner."""
        return frozenset(
            name
            for name, item in self._state.access_lists.items()
            if any(owner.name in people and is_person(owner) for owner in item.spec.owners)
        )
