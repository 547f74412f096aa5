"""Planning part by part: it ends where planning everything ends, and looks at nobody else."""

from collections import Counter
from collections.abc import Collection, Iterable

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from idsync.config.settings import EmptyLists, Settings
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.extent import Extent, Reading, cut
from idsync.model.identity import Snapshot
from idsync.model.names import twin_key
from idsync.model.resources import AccessList, Lock, Membership
from idsync.reconcile.planning import plan_part
from idsync.targets.given import GivenDirectory
from tests.core.organizations import CONFIGS, others, snapshots
from tests.core.replay import applied, settled
from tests.core.test_properties import ours
from tests.core.upstream import MemoryUpstream
from tests.core.world import NOW, PLAIN, Directory, app, group, lines, okta, person, plan, planned, replace
from tests.effort import examples

many = settings(max_examples=examples(270), deadline=None, suppress_health_check=[HealthCheck.too_slow])

DELETING = [chosen for chosen in CONFIGS if chosen.integration.empty_lists is EmptyLists.DELETE]
"""What a list that is kept when it is empty says depends on what it was called when it last had members."""


def pushed(
    state: DirectoryState, upstream: MemoryUpstream, now: Snapshot, extent: Extent, chosen: Settings = PLAIN
) -> DirectoryState:
    """The directory after one partial reading was stored, planned and applied; passed-on names take several plans."""
    moved = upstream.take(Reading(cut(now, extent), extent))
    for _ in range(4):
        made = plan_part(chosen, upstream, Directory(state), moved, last=None, now=NOW)
        if made.plan.is_empty:
            break
        state, moved = applied(state, made.plan), made.extent
    return state


def extents(before: Snapshot, now: Snapshot) -> list[Extent]:
    """One extent for every person, group and app there is or was."""
    users = {user.id for snapshot in (before, now) for user in snapshot.users}
    users |= before.unassigned.keys() | now.unassigned.keys()
    lists = {item.id for snapshot in (before, now) for item in snapshot.groups}
    lists |= {item.id for snapshot in (before, now) for item in snapshot.apps}
    none: frozenset[str] = frozenset()
    return [
        *(Extent(frozenset({user}), none) for user in sorted(users)),
        *(Extent(none, frozenset({name})) for name in sorted(lists)),
    ]


def in_short(state: DirectoryState) -> DirectoryState:
    """What is ours, but for what a lock tells its person: that depends on the way by which things came to be so."""
    part = ours(state)
    locks = {name: replace(lock, spec=replace(lock.spec, message="")) for name, lock in part.locks.items()}
    return replace(part, locks=locks)


def doubtless(snapshot: Snapshot) -> Snapshot:
    """The snapshot without people who would be left as they are: what they have depends on when it was looked at."""
    seen: dict[str, int] = Counter(twin_key(user.username) for user in snapshot.users)
    users = [user for user in snapshot.users if user.username and seen[twin_key(user.username)] == 1]
    known = [user for user in users if user.status != "HIBERNATED"]
    return replace(snapshot, users=known, complete=True)


@many
@given(state=others(), first=snapshots(), second=snapshots(), chosen=st.sampled_from(DELETING), data=st.data())
def test_parts_that_cover_every_change_end_where_one_whole_pass_ends(
    state: DirectoryState, first: Snapshot, second: Snapshot, chosen: Settings, data: st.DataObject
) -> None:
    first, second = doubtless(first), doubtless(second)
    for _ in range(4):
        state = applied(state, plan(first, state, chosen))
    whole = planned(second, state, chosen)
    assume(not whole.compilation.held)
    after = applied(state, whole.plan)
    for _ in range(4):
        after = applied(after, plan(second, after, chosen))
    upstream = MemoryUpstream(first)
    for extent in data.draw(st.permutations(extents(first, second))):
        state = pushed(state, upstream, second, extent, chosen)
    assert in_short(state) == in_short(after)


class Counting(GivenDirectory):
    """A directory that refuses to be read whole, and counts whom it shows."""

    def __init__(self, state: DirectoryState) -> None:
        super().__init__(state)
        self._unwatched = GivenDirectory(state)
        self.shown: set[str] = set()

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        assert within is not None
        self.shown |= within.users
        return self._unwatched.index(org_url, within)

    def state(self, within: Names | None = None) -> DirectoryState:
        assert within is not None
        found = super().state(within)
        self.shown |= {*found.users, *(name for entries in found.members.values() for name in entries)}
        return found

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        assert users is not None
        return super().locks(users, names)

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        assert names is not None
        return super().access_lists(names)

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        self.shown |= set(people)
        return super().memberships(people)


def test_a_part_looks_at_its_people_and_at_nobody_else() -> None:
    crowd = [f"p{number}" for number in range(30)]
    everybody = okta(*map(person, crowd), group("all", *crowd), app("Wiki", *crowd))
    upstream, directory = MemoryUpstream(everybody), Counting(settled(everybody))
    one = Extent(frozenset({"00u-p3"}), frozenset())
    now = okta(*(person(name, title="chef") for name in crowd), group("all", *crowd), app("Wiki", *crowd))
    moved = upstream.take(Reading(cut(now, one), one))
    made = plan_part(PLAIN, upstream, directory, moved, last=None, now=NOW)
    assert lines(made.plan) == ["update user p3: profile_changed"]
    assert directory.shown & set(crowd) == {"p3"}


def test_the_last_one_out_of_a_list_takes_it_along_and_nobody_else_does() -> None:
    before = okta(person("ann"), person("bob"), group("eng", "ann", "bob"), group("ops", "ann"))
    upstream, state = MemoryUpstream(before), settled(before)
    one = Extent(frozenset({"00u-ann"}), frozenset())
    moved = upstream.take(Reading(cut(okta(person("bob")), one), one))
    made = plan_part(PLAIN, upstream, GivenDirectory(state), moved, last=None, now=NOW)
    assert lines(made.plan) == [
        "create lock ann: unassigned",
        "update access_list eng: membership_changed -ann",
        "delete access_list ops: became_empty -ann",
        "delete user ann: unassigned",
    ]


def test_the_guards_of_a_part_know_how_many_there_are_in_all() -> None:
    crowd = [f"p{number}" for number in range(100)]
    everybody = okta(*map(person, crowd), group("all", *crowd))
    upstream, state = MemoryUpstream(everybody), settled(everybody)
    gone = Extent(frozenset(f"00u-p{number}" for number in range(10)), frozenset())
    moved = upstream.take(Reading(cut(okta(), gone), gone))
    made = plan_part(PLAIN, upstream, GivenDirectory(state), moved, last=None, now=NOW)
    assert {(item.guard, item.count, item.limit) for item in made.plan.guards if item.count} == {
        ("user_deletes", 10, 10),
        ("user_locks", 10, 10),
    }
