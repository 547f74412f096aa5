"""What is around the people whom changes touch: the little of a target that tells what they gain and lose."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from idsync.compiler.compile import Compilation, Inputs
from idsync.config.settings import SyncSwitches
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.resources import Membership
from idsync.plan.accesses import Origins
from idsync.plan.changes import Change, PersonDelta
from idsync.plan.delta import Around, access_delta, touched_by
from idsync.plan.effective import MAX_NESTING, nesting
from idsync.plan.nesting import is_nested, nested_lists
from idsync.targets.protocol import DirectoryReader


def delta_of(
    inputs: Inputs,
    compilation: Compilation,
    changes: tuple[Change, ...],
    current: DirectoryState,
    target: DirectoryReader,
    renamed: Mapping[str, str],
    left_out: frozenset[str] = frozenset(),
) -> tuple[PersonDelta, ...]:
    """What these changes give and take, person by person, but for newcomers who are `left_out`.

    `current` holds at least all that the changes touch.
    """
    sync = inputs.settings.integration.sync
    touched = touched_by(changes, _with_nested(changes, current.members, target), left_out)
    around = surroundings(touched.people, current, target, sync, changing=touched.lists)
    origins = Origins(compilation.given, inputs.config_changed, renamed)
    return access_delta(touched, around, origins, inputs.now)


def surroundings(
    people: Iterable[str],
    current: DirectoryState,
    target: DirectoryReader,
    sync: SyncSwitches,
    changing: Iterable[str] = (),
) -> Around:
    """The current state around some people: their users, memberships anywhere, and the lists that these lead to.

    `changing` are lists that some of them may be about to join. A kind that is switched off is not read.
    """
    wanted = frozenset(people)
    by_list = target.memberships(wanted) if wanted and sync.access_lists else {}
    parents = _nesting_above(frozenset(by_list.keys() | set(changing)), target)
    lists = by_list.keys() | {parent for entries in parents.values() for parent in entries}
    unread = wanted - current.users.keys() if sync.users else frozenset()
    missing = Names(users=unread, access_lists=frozenset(lists - current.access_lists.keys()))
    more = target.state(missing) if missing.users or missing.access_lists else DirectoryState()
    memberships: dict[str, dict[str, Membership]] = defaultdict(dict)
    for name, entries in by_list.items():
        for person, entry in entries.items():
            memberships[person][name] = entry
    return Around(
        users={**more.users, **current.users},
        access_lists={**more.access_lists, **current.access_lists},
        memberships=memberships,
        parents=parents,
        users_known=sync.users,
    )


def _with_nested(
    changes: Iterable[Change], members: Mapping[str, Members], target: DirectoryReader
) -> Mapping[str, Members]:
    """The members of lists, with those of the lists nested in what changes, and so on downwards."""
    known = dict(members)
    frontier = nested_lists(changes, members)
    for _ in range(MAX_NESTING):
        missing = frontier - known.keys()
        if not frontier:
            break
        if missing:
            known.update(target.state(Names(frozenset(), missing)).members)
        frontier = frozenset(
            name for item in frontier for name, entry in known.get(item, {}).items() if is_nested(entry)
        )
    return known


def _nesting_above(lists: frozenset[str], target: DirectoryReader) -> dict[str, Mapping[str, Membership]]:
    """The lists that `lists` are members of, and so on upwards."""
    parents: dict[str, Mapping[str, Membership]] = {}
    frontier = lists
    for _ in range(MAX_NESTING):
        if not frontier:
            break
        above = nesting(target.memberships(frontier))
        parents.update(above)
        frontier = frozenset(parent for entries in above.values() for parent in entries) - parents.keys()
    return parents
