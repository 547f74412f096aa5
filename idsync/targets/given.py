"""A directory given as a value: what `get all` printed elsewhere, so that a plan needs no store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import DirectoryIndex, index_of
from idsync.model.resources import AccessList, Membership


class GivenDirectory:
    """Reads a state that is in memory already; implements `DirectoryReader`."""

    def __init__(self, state: DirectoryState) -> None:
        self._state = state

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A value does not change while it is read."""
        yield

    def serial(self) -> int:
        """A value was at no serial."""
        return -1

    def index(self, org_url: str) -> DirectoryIndex:
        """The state in brief."""
        return index_of(self._state, org_url)

    def state(self, within: Names | None = None) -> DirectoryState:
        """The state, or the part of it within `within`."""
        state = self._state
        if within is None:
            return state
        lists = {name: state.access_lists[name] for name in within.access_lists & state.access_lists.keys()}
        return DirectoryState(
            users={name: state.users[name] for name in within.users & state.users.keys()},
            locks=state.locks,
            access_lists=lists,
            members={name: state.members[name] for name in lists},
        )

    def access_lists(self) -> dict[str, AccessList]:
        """Every list, without members."""
        return self._state.access_lists

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships."""
        wanted = frozenset(people)
        found = {
            name: {person: entries[person] for person in wanted & entries.keys()}
            for name, entries in self._state.members.items()
        }
        return {name: entries for name, entries in found.items() if entries}
