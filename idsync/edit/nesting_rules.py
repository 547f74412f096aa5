"""What people may nest: lists that exist, without cycles, and not too deep; what is nested is `model/nesting.py`."""

from collections.abc import Iterable, Mapping

from idsync.errors import ResourceError
from idsync.model.directory import Names
from idsync.model.nesting import DEEPEST, Step, is_nested, levels_from, nested_in, owning_lists, reached_from
from idsync.model.resources import AccessList, AccessListMember
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


class Nesting:
    """The lists of one directory, and which of them contain which."""

    def __init__(self, directory: DirectoryReader) -> None:
        self._directory = directory

    def check_owners(self, access_list: AccessList) -> None:
        """Raise ResourceError when a list may not be owned by the lists that it names."""
        owners = owning_lists(access_list)
        if not owners:
            return
        name = access_list.metadata.name
        lists = {**self._directory.access_lists(), name: access_list}

        def up(level: frozenset[str]) -> frozenset[str]:
            return frozenset(each for owner in level for each in _owned_by(lists, owner))

        def down(level: frozenset[str]) -> frozenset[str]:
            return _NOBODY.union(*(owning_lists(lists[each]) for each in level if each in lists))

        for owner in sorted(owners):
            _check_known(owner, lists)
            _check_chain(owner, name, up, down)

    def check_membership(self, membership: AccessListMember) -> None:
        """Raise ResourceError when the list does not exist, or may not contain the list that is to be its member."""
        outer, inner = membership.spec.access_list, membership.spec.name
        nests = is_nested(membership.spec)
        asked = frozenset({outer, inner} if nests else {outer})
        known = self._directory.state(Names(_NOBODY, asked)).access_lists
        _check_known(outer, known)
        if nests:
            _check_known(inner, known)
            _check_chain(inner, outer, self._containing, self._contained)

    def check_unused(self, name: str) -> None:
        """Raise ResourceError when a list that is to go is a member or an owner of another."""
        users = sorted({*self._containing(frozenset({name})), *_owned_by(self._directory.access_lists(), name)})
        if users:
            raise ResourceError(
                f"access_list/{name} is in use.",
                why=f"It is a member or an owner of {', '.join(users[:5])}{' and others' if len(users) > 5 else ''}.",
                fix="Take it out of them first.",
            )

    def _containing(self, level: frozenset[str]) -> frozenset[str]:
        found = self._directory.memberships(level)
        return frozenset(outer for outer, members in found.items() if nested_in(members))

    def _contained(self, level: frozenset[str]) -> frozenset[str]:
        return _NOBODY.union(*map(nested_in, self._directory.state(Names(_NOBODY, level)).members.values()))


def _check_chain(inner: str, outer: str, up: Step, down: Step) -> None:
    if inner in reached_from([outer], up):
        raise ResourceError(
            f"Access list {inner} cannot be nested in {outer}.",
            why=f"{outer} is nested in {inner} already, or is the same list; no list may contain itself.",
            fix="Take the other nesting away first.",
        )
    if levels_from(outer, up) + levels_from(inner, down) - 1 > DEEPEST:
        raise ResourceError(
            f"Access list {inner} cannot be nested in {outer}.",
            why=f"That would make a chain of more than {DEEPEST} levels.",
            fix="Nest it further up.",
        )


def _check_known(name: str, lists: Iterable[str]) -> None:
    if name not in lists:
        raise ResourceError(
            f"The access list {name:.200} does not exist.",
            why="A list that is a member or an owner must exist, and so must the list that members are added to.",
            fix="Create it first; `idsync get access_lists` prints those there are.",
        )


def _owned_by(lists: Mapping[str, AccessList], owner: str) -> list[str]:
    return [name for name, access_list in lists.items() if owner in owning_lists(access_list)]
