"""A plan in two: what may go ahead, and what is held back. Both are plans, and together they are the whole.

`holding.py` says what is held, `halves.py` parts one change after another, and this module makes plans of the halves.
"""

from collections.abc import Collection, Container, Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from idsync.model.addresses import split_address
from idsync.model.names import twin_key
from idsync.model.ownership import ORG_LABEL, ORIGIN_LABEL
from idsync.plan.around import Around
from idsync.plan.assemble import summarise
from idsync.plan.changes import Change, GuardResult, LockChange, PersonDelta, Plan, UserChange
from idsync.plan.delta_halves import DeltaHalves
from idsync.plan.guards import LOSSES, PROTECTED, Standing, leaving, released, taken_by
from idsync.plan.halves import halves_of
from idsync.plan.health import RELEASABLE
from idsync.plan.holding import LOCKS_GO, MOVED, Holding, person_of
from idsync.plan.okta_delta import okta_delta
from idsync.plan.same_person import okta_id
from idsync.plan.seal import sealed
from idsync.plan.sections import OKTA, Section, goes_to_okta, requirements, sections
from idsync.plan.steps import in_listing_order

replace = msgspec.structs.replace
UNKNOWN_TIME = datetime.max.replace(tzinfo=UTC)


class _Halved(msgspec.Struct, frozen=True):
    """Both halves of a section."""

    going: tuple[Change, ...]
    held: tuple[Change, ...]
    delta: tuple[PersonDelta, ...]
    held_delta: tuple[PersonDelta, ...]
    guards: tuple[GuardResult, ...]
    held_guards: tuple[GuardResult, ...]


def split(plan: Plan, releases: Collection[str]) -> tuple[Plan, Plan]:
    """The part of a plan that may go ahead, and the part that is held back, each change with `blocked_by`.

    `releases` names the guards and doubts that hold nothing; what no person can release, it does not. The first part is
    the plan itself where nothing is held. Both are sealed. Locks go ahead though `user_locks` is over its limit; the
    first part then says so of it.
    """
    plan = _protecting(plan, releases)
    doubts = {finding.code for finding in plan.health.findings}
    free = {name for name in releases if name in RELEASABLE or name not in doubts}
    halves = [_halved(section, doubts, free) for section in sections(plan)]
    held = in_listing_order(change for half in halves for change in half.held)
    rest = _part(plan, held, halves, held=True)
    if not held:
        return plan, rest
    return _part(plan, in_listing_order(change for half in halves for change in half.going), halves, held=False), rest


def with_moved(plan: Plan, moved: Container[tuple[str, str]]) -> Plan:
    """The plan with changes marked whose objects moved since it was made: to be split again, without them.

    `moved` names them by target and address.
    """
    return with_marks(plan, {key: (MOVED,) for each in plan.changes if (key := (each.target, each.address)) in moved})


def with_locks_alone(plan: Plan) -> Plan:
    """The plan with all marked but the locks that are made, so that these alone go ahead and the rest waits for the
    next plan; an empty one where it makes none.
    """

    def is_made(change: Change) -> bool:
        return isinstance(change, LockChange) and change.after is not None

    if not any(map(is_made, plan.changes)):
        return replace(plan, changes=())
    return with_moved(plan, {(each.target, each.address) for each in plan.changes if not is_made(each)})


def with_marks(plan: Plan, marks: Mapping[tuple[str, str], Collection[str]]) -> Plan:
    """The plan with more marks on its changes, by target and address; the plan itself where they bear these already."""
    marked = tuple(_with_marks(each, marks.get((each.target, each.address), ())) for each in plan.changes)
    is_same = all(now is before for now, before in zip(marked, plan.changes, strict=True))
    return plan if is_same else replace(plan, changes=marked)


def _with_marks(change: Change, marks: Collection[str]) -> Change:
    for mark in marks:
        change = _with_mark(change, mark)
    return change


def _with_mark(change: Change, mark: str) -> Change:
    return change if mark in change.blocked_by else replace(change, blocked_by=(*change.blocked_by, mark))


def _protecting(plan: Plan, releases: Collection[str]) -> Plan:
    """The plan, in which nobody is taken out in Okta of whom something is held here since they are protected.

    Else the next reading would say that Okta took from them what is held, and Okta takes more by it than is seen here.
    """
    if PROTECTED in releases or not any(map(goes_to_okta, plan.changes)):
        return plan
    users = (each for each in plan.changes if isinstance(each, UserChange) and PROTECTED in each.blocked_by)
    people = {okta_id(each.before) for each in users if each.before is not None} - {""}

    def harms(change: Change) -> bool:
        return goes_to_okta(change) and not people.isdisjoint(change.members_removed)

    if not any(map(harms, plan.changes)):
        return plan
    return replace(plan, changes=tuple(_with_mark(each, PROTECTED) if harms(each) else each for each in plan.changes))


def _halved(section: Section, doubts: Collection[str], free: Collection[str]) -> _Halved:
    changes = released(section.changes, free)
    holding = Holding(changes, doubts)
    pairs = [halves_of(change, holding) for change in changes]
    going = tuple(now for now, _ in pairs if now is not None)
    held = tuple(later for _, later in pairs if later is not None)
    parts = DeltaHalves(going, held)
    deltas = [parts.of(delta) for delta in section.access_delta]
    if section.target == OKTA:  # its changes name people by Okta id, and say all of it
        deltas = [*((delta, None) for delta in okta_delta(going)), *((None, delta) for delta in okta_delta(held))]
    results = _counted_again(section, going, free)
    return _Halved(
        going,
        held,
        tuple(now for now, _ in deltas if now is not None),
        tuple(later for _, later in deltas if later is not None),
        tuple(now for now, _ in results),
        tuple(later for _, later in results),
    )


def _part(plan: Plan, changes: tuple[Change, ...], halves: Iterable[_Halved], *, held: bool) -> Plan:
    guards = tuple(result for half in halves for result in (half.held_guards if held else half.guards))
    deltas = [delta for half in halves for delta in (half.held_delta if held else half.delta)]
    named = {result.guard for result in guards}
    over = {result.guard for result in guards if result.verdict == "blocked"}
    findings = (finding for finding in plan.findings if (finding.code in over if held else finding.code not in named))
    return sealed(
        replace(
            plan,
            changes=changes,
            summary=summarise(changes),
            access_delta=tuple(sorted(deltas, key=lambda delta: (delta.person, delta.target))),
            guards=guards,
            findings=tuple(findings),
            requires=requirements(changes),
        )
    )


def _counted_again(
    section: Section, going: Collection[Change], free: Collection[str]
) -> list[tuple[GuardResult, GuardResult]]:
    """Each guard's count in the half that goes ahead, and in the half that is held."""
    counts = taken_by(going, _standing(section)).counts
    counts[LOSSES] = len(section.changes)  # what is around people is not known: at most as many as by the whole
    return [_parted(result, counts[result.guard], free) for result in section.guards]


def _parted(result: GuardResult, going: int, free: Collection[str]) -> tuple[GuardResult, GuardResult]:
    holds = result.verdict == "blocked" and result.guard not in free and result.guard not in LOCKS_GO
    now = 0 if holds else min(going, result.count)
    return _with_count(result, now), _with_count(result, result.count - now)


def _with_count(result: GuardResult, count: int) -> GuardResult:
    return replace(result, count=count, verdict="blocked" if count > result.limit else "ok")


def _standing(section: Section) -> Standing:
    """Whom guards count, as far as changes tell: everybody but those who come, and of the protected who are harmed."""
    users = [change for change in section.changes if isinstance(change, UserChange)]
    coming = frozenset(split_address(change.address)[1] for change in users if _comes(change))
    harming = [each for each in section.changes if PROTECTED in each.blocked_by and not goes_to_okta(each)]
    protected = frozenset(twin_key(person_of(change)) for change in harming)
    return Standing(_AllBut(coming | {""}), leaving(section.changes), Around(), UNKNOWN_TIME, protected)


def _comes(change: UserChange) -> bool:
    """Whether a user was not ours before."""
    if change.before is None or change.after is None:
        return change.before is None
    had, has = change.before.metadata.labels, change.after.metadata.labels
    return any(had.get(label) != has.get(label) for label in (ORIGIN_LABEL, ORG_LABEL))


class _AllBut(Container[str]):
    """Every name but a few."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def __contains__(self, name: object) -> bool:
        return name not in self._names
