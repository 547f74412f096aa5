"""How far a plan reaches: whom and what it touches, beside what it gives and takes; nothing that is nought."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from idsync.model.addresses import split_address
from idsync.model.directory import Reason
from idsync.model.nesting import is_nested
from idsync.model.times import parse_time
from idsync.plan.changes import AccessListChange, Plan
from idsync.plan.guards import PROTECTED
from idsync.render.cells import Code, ListName, Person, Safe, Words, joined, some
from idsync.render.outcomes import Touched
from idsync.render.phrases import counted, in_target
from idsync.render.verdicts import limit_words
from idsync.render.view import Entry, Outcome

SOON = timedelta(days=14)
NAMES_SHOWN = 6


def reach_of(plan: Plan, touched: Touched) -> tuple[Entry, ...]:
    """What there is to say of it, people first."""
    lists = [change for change in plan.changes if isinstance(change, AccessListChange)]
    return (*_people(plan, touched), *_owners(lists, touched), *_ending(plan, lists), *_emptied(lists), *_limits(plan))


def _people(plan: Plan, touched: Touched) -> Iterator[Entry]:
    number = sum(touched.count(outcome) for outcome in Outcome)
    if not number:
        return
    everyone = plan.inputs.measures.people
    share = f", {_percent(number, everyone)} of the {everyone:,} with the app" if everyone >= number else ""
    yield Entry(" ", (f"{counted(number, 'person', 'people')} touched{share}",))
    protected = sum(result.count for result in plan.guards if result.guard == PROTECTED)
    if protected:
        who = counted(protected, "protected person", "protected people")
        yield Entry("!", (f"{who} would be locked, deleted or left without a role",), effect="takes")


def _percent(number: int, whole: int) -> str:
    share = 100 * number / whole
    return f"{share:.0f}%" if share >= 1 else "less than 1%"


def _owners(lists: list[AccessListChange], touched: Touched) -> Iterator[Entry]:
    """The owners of lists who go or are locked, as far as the lists change with them."""
    going = {
        delta.person for outcome in (Outcome.LOSES_ALL, Outcome.LOCKED) for delta in touched.by_outcome.get(outcome, ())
    }
    owners: dict[str, None] = {}
    orphaned: list[ListName] = []
    for change in lists:
        after = change.after
        if after is None:
            continue
        names = [owner.name for owner in after.spec.owners if not is_nested(owner)]
        owners.update(dict.fromkeys(name for name in names if name in going))
        if names and going.issuperset(names) and len(names) == len(after.spec.owners):
            orphaned.append(ListName(split_address(change.address)[1], after.spec.title))
    if owners:
        what = counted(len(owners), "owner of a list goes or is locked", "owners of lists go or are locked")
        yield Entry("!", (f"{what}: ", *some([Person(name) for name in owners], NAMES_SHOWN)))
    if orphaned:
        what = counted(len(orphaned), "list is left without an owner", "lists are left without an owner")
        yield Entry("!", (f"{what}: ", *some(orphaned, NAMES_SHOWN)))


def _ending(plan: Plan, lists: list[AccessListChange]) -> Iterator[Entry]:
    """The memberships that go with a renamed person and end soon."""
    taken_at = _time(plan.inputs.snapshot_taken_at)
    if taken_at is None:
        return
    ends = [(change, name, _time(each.expires)) for change in lists for name, each in change.carried.items()]
    soon = [(change, name) for change, name, end in ends if end is not None and end - taken_at <= SOON]
    if soon:
        told: list[Words] = [
            (Person(name), " in ", ListName(split_address(change.address)[1], _title(change))) for change, name in soon
        ]
        what = counted(len(soon), "membership ends", "memberships end")
        yield Entry(" ", (f"{what} within 14 days: ", *some(told, NAMES_SHOWN)))


def _emptied(lists: list[AccessListChange]) -> Iterator[Entry]:
    empty = [
        ListName(split_address(change.address)[1], _title(change))
        for change in lists
        if change.action == "delete" and change.reason is Reason.BECAME_EMPTY
    ]
    if empty:
        yield Entry(
            "-", (f"{counted(len(empty), 'list')} with nobody left: ", *some(empty, NAMES_SHOWN)), effect="takes"
        )


def _limits(plan: Plan) -> Iterator[Entry]:
    within = [result for result in plan.guards if result.verdict == "ok" and result.count]
    if within and plan.changes:
        told: list[Words] = [
            (Code(ok.guard), Safe(in_target(ok.target)), f" {ok.count:,} of {limit_words(ok)}") for ok in within
        ]
        yield Entry(" ", ("within limits: ", *joined(told)))


def _title(change: AccessListChange) -> str:
    resource = change.after or change.before
    return resource.spec.title if resource else ""


def _time(text: str | None) -> datetime | None:
    """A time, or None where a plan of another make says something else."""
    try:
        return parse_time(text) if text else None
    except ValueError:
        return None
