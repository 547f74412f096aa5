"""How far a plan reaches: whom and what it touches, beside what it gives and takes; nothing that is nought."""

from collections import Counter
from collections.abc import Iterator

from idsync.model.addresses import split_address
from idsync.model.directory import Reason
from idsync.plan.changes import AccessListChange, Plan
from idsync.plan.guards import PROTECTED
from idsync.plan.reach import CODES, ENDING, TOUCHED
from idsync.render.phrases import counted, in_target
from idsync.render.view.cells import Code, ListName, Safe, Said, Words, joined, some
from idsync.render.view.outcomes import Touched
from idsync.render.view.verdicts import limit_words
from idsync.render.view.view import Entry, Outcome

NAMES_SHOWN = 6


def reach_of(plan: Plan, touched: Touched) -> tuple[Entry, ...]:
    """What there is to say of it, people first."""
    lists = [change for change in plan.changes if isinstance(change, AccessListChange)]
    return (*_people(plan, touched), *_elsewhere(plan), *_noticed(plan), *_emptied(lists), *_limits(plan))


def _people(plan: Plan, touched: Touched) -> Iterator[Entry]:
    number = sum(touched.count(outcome) for outcome in Outcome)
    if not number:
        return
    everyone = plan.inputs.measures.people
    share = f", {_percent(number, everyone)} of the {everyone:,} with the app" if everyone >= number else ""
    yield Entry(" ", (f"{counted(number, 'person', 'people')} touched{share}",))
    protected = sum(result.count for result in plan.guards if result.guard == PROTECTED)
    if protected and not any(finding.code == TOUCHED for finding in plan.findings):
        who = counted(protected, "protected person", "protected people")
        yield Entry("!", (f"{who} would be locked, deleted or left without a role",), effect="takes")


def _elsewhere(plan: Plan) -> Iterator[Entry]:
    """What changes in each target beside the first; of most plans there is none."""
    for target, number in sorted(Counter(change.target for change in plan.changes if change.target).items()):
        yield Entry(" ", (f"{counted(number, 'change')} ", Safe(in_target(target))))


def _percent(number: int, whole: int) -> str:
    share = 100 * number / whole
    return f"{share:.0f}%" if share >= 1 else "less than 1%"


def _noticed(plan: Plan) -> Iterator[Entry]:
    """What planning noticed of it, which knows more of the directory than the plan holds."""
    for finding in plan.findings:
        if finding.code in CODES:
            yield Entry(" " if finding.code == ENDING else "!", (Said(finding.message),))


def _emptied(lists: list[AccessListChange]) -> Iterator[Entry]:
    empty = [
        ListName(split_address(change.address)[1], _title(change))
        for change in lists
        if change.action == "delete" and change.reason in {Reason.BECAME_EMPTY, Reason.WHEN_EMPTY_CHANGED}
    ]
    if empty:
        yield Entry(
            "-", (f"{counted(len(empty), 'list')} with nobody left: ", *some(empty, NAMES_SHOWN)), effect="takes"
        )


def _limits(plan: Plan) -> Iterator[Entry]:
    within = [result for result in plan.guards if result.verdict == "ok" and result.count and not result.kept]
    if within and plan.changes:
        told: list[Words] = [
            (Code(ok.guard), Safe(in_target(ok.target)), f" {ok.count:,} of {limit_words(ok)}") for ok in within
        ]
        yield Entry(" ", ("within limits: ", *joined(told)))


def _title(change: AccessListChange) -> str:
    resource = change.after or change.before
    return resource.spec.title if resource else ""
