"""A reviewed edit apart from what is held back of Okta's own changes: nobody has reviewed those, and they stay held."""

from msgspec.structs import replace

from idsync.apply.kept_entries import Kept
from idsync.apply.kept_marks import with_marks_kept
from idsync.plan.changes import Plan
from idsync.plan.guards import ALL_GUARDS, released
from idsync.plan.split import split
from idsync.reconcile.applying import Applier
from idsync.reconcile.parts import Parts


def edit_apart(applier: Applier, plan: Plan, held: Kept) -> Parts:
    """The part of a plan that is the edit, and the part that is `held` back already and was not released.

    Guards count the edit by itself, and all of it is applied or nothing. Raises what refuses it.
    """
    marked = with_marks_kept(replace(plan, changes=released(plan.changes, ALL_GUARDS)), held, applier.holders)
    going, rest = split(marked, applier.request.releases)
    going = applier.counted_again(going)
    applier.check_whole(going)
    return Parts(replace(plan, guards=going.guards), going, None if rest.is_empty else rest)
