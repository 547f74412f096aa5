"""What facts know of who is in pushed groups: the people for whom the pushed members stand, and nobody else.

Of a group that is read from Okta, too, Okta's own members count; a push says only who joined it and who left.
"""

from collections.abc import Collection
from datetime import datetime

from idsync.compiler.both_ways import may_lag
from idsync.model.extent import Extent
from idsync.model.pushed import PushedGroup, PushedUser
from idsync.model.sent import END_KEY, FIRST_KEY, sent_by_list, sent_key
from idsync.reconcile.pushed.push_passes import PushPasses

_NOBODY: frozenset[str] = frozenset()


class Memberships:
    """Changes the members of pushed groups, each time inside a transaction of its caller."""

    def __init__(self, passes: PushPasses) -> None:
        self._passes = passes
        self._store = passes.store

    def is_read(self, group: PushedGroup) -> bool:
        """Whether a pushed group is one that is read from Okta, too."""
        return self._is_oktas(group) and self._is_known(group)

    def is_forgotten(self, group: PushedGroup) -> bool:
        """Whether facts do not know a group that is pushed, and that pushes alone tell of."""
        return not self._is_oktas(group) and not self._is_known(group)

    def is_gone(self, group: PushedGroup) -> bool:
        """Whether the group of Okta's that a pushed one stood for is gone: of the groups that were read, it is none.

        Where none were read at all, as without lists, nothing is known of it.
        """
        if group.list_id == group.id or not self._passes.has_facts() or self._is_known(group):
            return False
        own = {each.id for each in self._store.pushed.own_groups()}
        lists = self._store.upstream.lists().items()
        return not self._passes.pulls or any(kind == "group" and name not in own for name, kind in lists)

    def _is_oktas(self, group: PushedGroup) -> bool:
        """Whether it stands for a group of Okta's, of which readings say whether it is there."""
        return self._passes.pulls and group.list_id != group.id

    def _is_known(self, group: PushedGroup) -> bool:
        if not self._passes.has_facts():
            return False
        return any(each.id == group.list_id for each in self._store.upstream.part((), [group.list_id]).groups)

    def move(self, group: PushedGroup, joined: Collection[str], left: Collection[str]) -> Extent:
        """Let facts know that people joined a group, and that others left it, by Okta id; whose membership changed.

        Who is a member by another resource stays. Of them all, Okta's word is newer than what was sent.
        """
        facts = self._store.facts
        gone = frozenset(left) - self._store.pushed.people_in(group.id, left) if left else _NOBODY
        sent = facts.between(FIRST_KEY, END_KEY)
        for key in sent and sent.keys() & {sent_key(group.list_id, person) for person in (*joined, *gone)}:
            facts.delete(key)
        return self._store.upstream.move(group.list_id, joined, gone)

    def stay(self, group: PushedGroup, people: Collection[str], now: datetime) -> Extent:
        """Let facts know that people are in a group as they were by an earlier push; whose membership changed.

        A push that repeats itself counts like a reading of now. Where we told Okta a moment ago that somebody is out,
        its copies may lag, and they stay out.
        """
        sent = sent_by_list(self._store.facts.between(FIRST_KEY, END_KEY)).get(group.list_id, {})
        out = {person for person, each in sent.items() if not each.joins and may_lag(each, now.timestamp())}
        return self._store.upstream.move(group.list_id, frozenset(people) - out, ())

    def end(self, user: PushedUser) -> Extent:
        """Take a resource out of all groups, since it goes or passes on to another person; whose membership changed."""
        moved = Extent(_NOBODY, _NOBODY)
        for scim_id, _, _ in self._store.pushed.groups_of(user.id):
            self._store.pushed.remove_members(scim_id, [user.id])
            group = self._store.pushed.group(scim_id)
            if group is not None and not self.is_read(group):
                moved |= self.move(group, (), [user.okta_id])
        return moved
