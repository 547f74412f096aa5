"""What becomes of each person of a plan: everyone has exactly one outcome, and words on what happens beyond access."""

from collections.abc import Iterator, Mapping

import msgspec

from idsync.model.addresses import Address, split_address, user_address
from idsync.model.directory import Reason
from idsync.plan.changes import AccessListChange, BriefPlan, PersonDelta, Plan, UserChange, passes_on
from idsync.plan.guards import ALL_GUARDS
from idsync.render.phrases import REASONS
from idsync.render.view.view import Outcome


class Touched(msgspec.Struct, frozen=True):
    """Everyone whose access a plan touches, by outcome; made once and read by headline, tallies and entries."""

    by_outcome: dict[Outcome, list[PersonDelta]]
    names: frozenset[str]
    """Everyone named, old names of the renamed included."""
    user_changes: dict[tuple[str, Address], UserChange]
    """The changes of users, by target and address."""
    lists: dict[str, AccessListChange]
    """The changes of lists by name."""
    more_newcomers: int = 0
    """People who gain access and are not described."""
    held_lists: dict[str, frozenset[str]] = {}
    """What holds back the changes of lists, by name."""
    parting: frozenset[str] = frozenset()
    """The marks that hold only the part of a change that takes something, or gives something: guards and doubts."""

    def count(self, outcome: Outcome) -> int:
        """How many people it is."""
        return len(self.by_outcome.get(outcome, ())) + (self.more_newcomers if outcome is Outcome.GAINS else 0)

    @property
    def untouched_users(self) -> int:
        """How many users change without effect on anybody's access."""
        touched = sum(split_address(address)[1] in self.names for _, address in self.user_changes)
        return len(self.user_changes) - touched - self.more_newcomers

    def change_of(self, delta: PersonDelta) -> UserChange | None:
        """The change of a person's user, if there is one."""
        return self.user_changes.get((delta.target, user_address(delta.person)))


def touched_by(plan: Plan) -> Touched:
    """Sort a plan's people; an old name that is only locked goes with the new one."""
    user_changes: dict[tuple[str, Address], UserChange] = {}
    lists: dict[str, AccessListChange] = {}
    for change in plan.changes:
        match change:
            case UserChange():
                user_changes[change.target, change.address] = change
            case AccessListChange():
                lists[split_address(change.address)[1]] = change
            case _:
                continue
    old_names = {(each.target, each.renamed_from) for each in plan.access_delta if each.renamed_from is not None}
    by_outcome: dict[Outcome, list[PersonDelta]] = {}
    for delta in plan.access_delta:
        if (delta.target, delta.person) in old_names and not (delta.gains or delta.loses or delta.route_only):
            continue
        user_change = user_changes.get((delta.target, user_address(delta.person)))
        by_outcome.setdefault(_outcome(delta, user_change), []).append(delta)
    names = {name for _, name in old_names} | {delta.person for delta in plan.access_delta}
    more = plan.more_newcomers if isinstance(plan, BriefPlan) else 0
    held = {name: frozenset(change.blocked_by) for name, change in lists.items() if change.blocked_by}
    parting = frozenset(ALL_GUARDS).union(finding.code for finding in plan.health.findings)
    return Touched(by_outcome, frozenset(names), user_changes, lists, more, held, parting)


def title_of(changes: Mapping[str, AccessListChange], name: str) -> str:
    """The title of a list that changes; empty for one that does not."""
    change = changes.get(name)
    resource = (change.after or change.before) if change else None
    return resource.spec.title if resource else ""


def happened(delta: PersonDelta, outcome: Outcome, change: UserChange | None) -> str:
    """What happened to the person, and what is done about it, beyond access."""
    return "; ".join(_happened(delta, outcome, change))


def _outcome(delta: PersonDelta, change: UserChange | None) -> Outcome:
    if change is not None and change.action == "delete":
        return Outcome.LOSES_ALL
    if delta.locked is not None:
        return Outcome.LOCKED
    if delta.loses:
        return Outcome.SWAPS if delta.gains else Outcome.LOSES
    if delta.renamed_from is not None:
        return Outcome.RENAMED
    if delta.unlocked is not None:
        return Outcome.UNLOCKED
    if delta.gains:
        return Outcome.GAINS
    is_new = change is not None and change.action == "create"
    return Outcome.GETS_NOTHING if is_new and not delta.route_only else Outcome.REROUTED


def _happened(delta: PersonDelta, outcome: Outcome, change: UserChange | None) -> Iterator[str]:
    if outcome is Outcome.LOSES_ALL and change is not None:
        yield REASONS[change.reason]
        yield "locked, then deleted" if delta.locked else "deleted"
    elif delta.locked is not None:
        yield REASONS[delta.locked]
        yield _locked(delta.locked, change)
        if change is not None and passes_on(change):
            yield "the name passes to another person, who gets only what stands here with +"
    elif delta.unlocked is not None:
        yield REASONS[delta.unlocked]
        yield "created again, then unlocked" if change and change.action == "create" else "unlocked"
    elif delta.renamed_from is not None:
        yield REASONS[Reason.RENAMED]
        if not (delta.gains or delta.loses):
            yield "access stays as it was"
        yield "the old name is locked and deleted"
    elif change is not None:
        if change.action == "create":
            yield "new user"
        yield REASONS[change.reason]
        if outcome is Outcome.GETS_NOTHING:
            yield "no rule gives a role, and no list has them"


def _locked(reason: Reason, change: UserChange | None) -> str:
    if reason not in {Reason.SUSPENDED, Reason.SUSPENSION_CHANGED}:
        return "locked"
    if change is not None and change.action == "create":
        return "created behind a lock"
    return "locked; the account and its lists stay"
