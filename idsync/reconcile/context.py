"""What changes mean to people: their access before and after, told from the little around them."""

from collections.abc import Mapping

from idsync.apply.surroundings import surroundings, with_nested, with_reach
from idsync.compiler.compile import Compilation
from idsync.compiler.inputs import Inputs
from idsync.model.directory import DirectoryState
from idsync.plan.accesses import Origins
from idsync.plan.around import Around
from idsync.plan.changes import Change, PersonDelta
from idsync.plan.delta import access_delta
from idsync.plan.reached_by_labels import moved_apps_and_groups, roles_that_reach_others
from idsync.plan.touched import reaching_others, touched_by
from idsync.reconcile.role_holders import holding, roles_by_people
from idsync.targets.protocol import DirectoryReader

_NOBODY: frozenset[str] = frozenset()


def delta_of(
    inputs: Inputs,
    compilation: Compilation,
    changes: tuple[Change, ...],
    current: DirectoryState,
    target: DirectoryReader,
    renamed: Mapping[str, str],
    left_out: frozenset[str] = frozenset(),
) -> tuple[tuple[PersonDelta, ...], Around]:
    """What these changes give and take, person by person, and what is around these people.

    Newcomers who are `left_out` are not described. `current` holds at least all that the changes touch.
    """
    sync = inputs.settings.integration.sync
    reaching = reaching_others(changes) if sync.access_lists else frozenset()
    holders, giving = _holding(inputs, changes, target) if sync.app_groups else (_NOBODY, _NOBODY)
    reaching |= giving if sync.access_lists else _NOBODY
    members = with_nested(changes, current.members, target, reaching)
    touched = touched_by(changes, members, left_out, reaching, holders)
    around = surroundings(
        touched.people,
        current,
        target,
        sync,
        changing=touched.lists,
        locks=current.locks,
        members=members,
    )
    around = with_reach(around, changes, target, sync, current.plain)
    origins = Origins(compilation.given, inputs.config_changed, renamed, compilation.earlier)
    return access_delta(touched, around, origins, inputs.now), around


def _holding(
    inputs: Inputs, changes: tuple[Change, ...], target: DirectoryReader
) -> tuple[frozenset[str], frozenset[str]]:
    """Who has roles by people that give other apps by what changes say of apps and groups, and the lists that give such
    roles. Owners, to whom a list gives one, are among the people.
    """
    before, after = moved_apps_and_groups(changes)
    if not before and not after:
        return _NOBODY, _NOBODY
    roles = roles_that_reach_others(roles_by_people(inputs.index, target), before, after)
    if not roles:
        return _NOBODY, _NOBODY
    return holding(roles, inputs.index, target)
