"""Who is in lists in the directory, as it is merged with Okta: by Okta id, directly and by lists that are nested."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

import msgspec

from idsync.compiler.inputs import Inputs
from idsync.model.directory import Members
from idsync.model.nesting import is_nested
from idsync.model.times import is_past
from idsync.targets.nested_people import NestedPeople
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


class Here(msgspec.Struct, frozen=True):
    """Who is in a list in the directory: by Okta id directly, and by nested lists; whose membership a person edited,
    and whose has `ended` and still stands there.

    `nested` is None where nested lists contain each other, or are too deep. `unknown` are names of nobody in the pool,
    and `lists` those of nested lists. Some memberships may yet end of themselves (`ending`). What stands under a name
    whose person has yet to get an account is not theirs, and counts for nothing: Okta says what they are in.
    """

    direct: frozenset[str]
    ended: frozenset[str]
    nested: frozenset[str] | None
    edited: frozenset[str]
    unknown: frozenset[str]
    lists: frozenset[str]
    ending: bool


class ListsHere:
    """Reads lists of one directory as they are merged. `present` are the Okta ids of those who are merged."""

    def __init__(self, inputs: Inputs, target: DirectoryReader, present: frozenset[str], *, whole: bool) -> None:
        """Where not everybody is looked at, it is not `whole`, and lists show only who is."""
        self._inputs = inputs
        self._present = present
        self._whole = whole
        self._edited = _edited_members(inputs.index.edited)
        self._nested = NestedPeople(target, inputs.now)
        self._above: Mapping[str, frozenset[str]] = {} if whole else self._nested.above(inputs.index.users.keys())

    def edited(self, access_list: str) -> Collection[str]:
        """The names whose membership of a list a person edited, in it or not."""
        return self._edited.get(access_list, _NOBODY)

    def of(self, access_list: str, existing: Members) -> Here:
        """Who is in one list, of which these are the direct members that are shown."""
        direct, ended, edited, unknown, lists = set[str](), set[str](), set[str](), set[str](), set[str]()
        pool, now, touched = self._inputs.pool, self._inputs.now, self.edited(access_list)
        for name, entry in existing.items():
            okta_id = self._id_of(name)
            if is_nested(entry):
                lists.add(name)
            elif okta_id in self._present:
                if is_past(entry.expires, now):
                    ended.add(okta_id)
                    continue
                direct.add(okta_id)
                if name in touched:
                    edited.add(okta_id)
            elif name not in pool.held and name not in pool.names_left and not self._is_coming(name):
                unknown.add(name)
        return Here(
            frozenset(direct),
            frozenset(ended),
            self._by_nesting(access_list, existing if lists else None),
            frozenset(edited),
            frozenset(unknown),
            frozenset(lists),
            any(entry.expires is not None for entry in existing.values()),
        )

    def _by_nesting(self, access_list: str, existing: Members | None) -> frozenset[str] | None:
        """Who is in a list by lists nested in it; None where that cannot be told."""
        if self._whole:
            names = _NOBODY if existing is None else self._nested.below(access_list, existing)
        else:
            names = self._above.get(access_list, _NOBODY)
        if names is None:
            return None
        ids = (self._id_of(name) for name in names)
        return frozenset(okta_id for okta_id in ids if okta_id is not None and okta_id in self._present)

    def _is_coming(self, name: str) -> bool:
        """Whether a name is that of somebody in the pool, and no account has it yet: it was left by somebody else."""
        return name in self._inputs.pool.present and name not in self._inputs.index.users

    def _id_of(self, name: str) -> str | None:
        known = self._inputs.index.users.get(name)
        return None if known is None else known.okta_id


def _edited_members(edited: Iterable[str]) -> Mapping[str, set[str]]:
    """The names whose memberships a person edited, by list."""
    found: dict[str, set[str]] = defaultdict(set)
    for address in edited:
        kind, _, rest = address.partition("/")
        if kind == "access_list_member":
            name, _, member = rest.partition("/")
            found[name].add(member)
    return found
