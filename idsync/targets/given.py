"""A directory given as a value: what `get all` printed elsewhere, so that a plan needs no store."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from idsync.model.canonical import fingerprint, fingerprint_names
from idsync.model.directory import AccessListEntry, DirectoryIndex, DirectoryState, Scope, UserEntry
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.model.resources import AccessList, Membership, User


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
        state = self._state
        return DirectoryIndex(
            users={name: _user_entry(user, org_url) for name, user in state.users.items()},
            access_lists={
                name: AccessListEntry(
                    is_ours(item.metadata.labels, org_url),
                    fingerprint(item),
                    fingerprint_names(state.members[name]),
                    len(state.members[name]),
                )
                for name, item in state.access_lists.items()
            },
        )

    def state(self, scope: Scope | None = None) -> DirectoryState:
        """The state, or the part of it within `scope`."""
        state = self._state
        if scope is None:
            return state
        lists = {name: state.access_lists[name] for name in scope.access_lists & state.access_lists.keys()}
        return DirectoryState(
            users={name: state.users[name] for name in scope.users & state.users.keys()},
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


def _user_entry(user: User, org_url: str) -> UserEntry:
    labels = user.metadata.labels
    ours = is_ours(labels, org_url)
    return UserEntry(labels.get(USER_ID_LABEL, "") if ours else None, fingerprint(user))
