"""A plan turned into its view."""

from collections.abc import Sequence

from idsync.plan.changes import Plan
from idsync.render.view.cells import Time, Value, Words
from idsync.render.view.change_rows import change_sections
from idsync.render.view.groups import groups_of
from idsync.render.view.headline import headline
from idsync.render.view.others import others_of
from idsync.render.view.outcomes import touched_by
from idsync.render.view.reach import reach_of
from idsync.render.view.tallies import tallies_of
from idsync.render.view.things import Things
from idsync.render.view.to_okta import of_the_directory, to_okta
from idsync.render.view.undescribed import NEWCOMERS_DESCRIBED, undescribed_in
from idsync.render.view.verdicts import problems_of, released_of, warnings_of
from idsync.render.view.view import PlanView


def plan_view(
    plan: Plan,
    *,
    drift: bool = False,
    split: bool = False,
    detail: bool = False,
    described: int | None = NEWCOMERS_DESCRIBED,
    options: Sequence[str] = (),
) -> PlanView:
    """The view of a plan, or of the `drift` in it; its counts are exact, and it tells of everything.

    Of newcomers it describes so many, all for None. With `detail` it has every change in the order of the apply.
    `options` are what an `apply` of it needs: the configuration, and the file that the plan is in. The plan is about to
    be `split`: what is held does not keep the rest from going ahead.
    """
    whole, plan = plan, of_the_directory(plan)
    touched = touched_by(plan)
    undescribed = undescribed_in(plan, described)
    in_delta = frozenset(undescribed.intersection(touched.names))
    things = Things(touched, plan.access_delta, plan.changes)
    groups = groups_of(touched, things, in_delta)
    return PlanView(
        headline=headline(whole, touched, drift=drift),
        warnings=warnings_of(whole, options, split=split),
        verdict=plan.health.verdict,
        problems=problems_of(plan),
        released=released_of(plan),
        tallies=tallies_of(plan, things, undescribed),
        reach=reach_of(plan, touched),
        groups=groups,
        others=(*others_of(plan, touched, undescribed, parted=any(group.edit for group in groups)), *to_okta(whole)),
        changes=change_sections(whole) if detail else (),
        facts=_facts(plan),
    )


def _facts(plan: Plan) -> tuple[tuple[str, Words], ...]:
    """What is known of its making; digests that nobody asked for are not there."""
    inputs = plan.inputs
    snapshot: Words = (Value(inputs.snapshot_digest), ", ") if inputs.snapshot_digest else ()
    facts: tuple[tuple[str, Words, bool], ...] = (
        ("organization", (Value(inputs.org_url),), bool(inputs.org_url)),
        ("snapshot", (*snapshot, "taken ", Time(inputs.snapshot_taken_at)), bool(inputs.snapshot_taken_at)),
        ("config", (Value(inputs.config_digest),), bool(inputs.config_digest)),
        ("plan", (Value(plan.digest),), bool(plan.digest)),
    )
    return tuple((name, words) for name, words, known in facts if known)
