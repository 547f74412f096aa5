"""One change in two at one address: the half that may go ahead, and the half that is held back, in this order.

Made one after the other they make what the whole change makes. Either may be missing.
"""

from typing import assert_never

from msgspec.structs import replace

from idsync.model.canonical import fingerprint
from idsync.model.list_owners import is_person, renamed_owners
from idsync.model.resources import AccessList, Grants, Strings, Traits, User, UserSpec
from idsync.plan.changes import AccessListChange, Change, LockChange, PlainChange, UserChange
from idsync.plan.effective import granted
from idsync.plan.holding import GIVING, NOTHING, Holding, Marks, in_order

Halves = tuple[Change | None, Change | None]


def halves_of(change: Change, holding: Holding) -> Halves:
    """The half of a change that may go ahead, and the half that is held."""
    match change:
        case UserChange():
            return _user_halves(change, holding)
        case LockChange():
            return _lock_halves(change, holding)
        case AccessListChange(action="delete"):
            return _deletion_halves(change, holding)
        case AccessListChange():
            return _list_halves(change, holding)
        case PlainChange():  # never split
            marks = holding.plain(change)
            return _stay(change, marks) if marks else _go(change)
        case _:
            assert_never(change)


def _go(change: Change) -> Halves:
    return (replace(change, blocked_by=()) if change.blocked_by else change), None


def _stay(change: Change, marks: Marks) -> Halves:
    return None, replace(change, blocked_by=in_order(marks))


def _user_halves(change: UserChange, holding: Holding) -> Halves:
    marks = holding.user(change)
    if not marks:
        return _go(change)
    if change.before is None or change.after is None or not holding.may_split(change):
        return _stay(change, marks)
    takes, gives = marks - GIVING, marks & GIVING
    between = change.after
    if gives:
        between = _without_new(change.before, between)
    if takes:
        between = _with_all(change.before, between)
    if between in (change.before, change.after):
        return _stay(change, marks)
    held = replace(change, before=between, before_fingerprint=fingerprint(between), blocked_by=in_order(marks))
    return replace(change, after=between, blocked_by=()), held


def _with_all(before: User, after: User) -> User:
    """The user as it is to be, with every role and value of a trait that it has before."""
    both = _union(before.spec, after.spec)
    return replace(after, spec=replace(after.spec, roles=both.roles, traits=both.traits))


def _without_new(before: User, after: User) -> User:
    """The user as it is to be, without any role and value of a trait that it does not have before."""
    both = _common(before.spec, after.spec)
    return replace(after, spec=replace(after.spec, roles=both.roles, traits=both.traits))


def _common(before: Grants | UserSpec, after: Grants | UserSpec) -> Grants:
    """What both give, in the order of what there is to be."""
    had = frozenset(granted(before))
    traits = {
        name: tuple(value for value in values if ("trait", f"{name}={value}") in had)
        for name, values in after.traits.items()
    }
    roles = tuple(role for role in after.roles if ("role", role) in had)
    return Grants(roles, {name: values for name, values in traits.items() if values})


def _takes(before: Grants | UserSpec, after: Grants | UserSpec) -> bool:
    return not set(granted(before)) <= set(granted(after))


def _union(before: Grants | UserSpec, after: Grants | UserSpec) -> Grants:
    """All that either gives: first what there was, in its order, then what is new."""
    names = dict.fromkeys((*before.traits, *after.traits))
    traits: Traits = {name: _both(before.traits.get(name, ()), after.traits.get(name, ())) for name in names}
    return Grants(_both(before.roles, after.roles), traits)


def _both(first: Strings, second: Strings) -> Strings:
    return tuple(dict.fromkeys((*first, *second)))


def _lock_halves(change: LockChange, holding: Holding) -> Halves:
    """A lock is never split: but while a deletion is held, the lock before it has no end, and the end is held."""
    marks = holding.lock(change)
    if marks or change.after is None:
        return _stay(change, marks) if marks else _go(change)
    later = holding.end_of_lock(change)
    if not later or change.lifetime is None:
        return _go(change)
    there = change.before
    if there is not None and there.spec.expires is None and there.spec.target == change.after.spec.target:
        return _stay(change, later)
    end = replace(
        change,
        action="update",
        before=change.after,
        before_fingerprint=fingerprint(change.after),
        blocked_by=in_order(later),
    )
    return replace(change, lifetime=None, blocked_by=()), end


def _deletion_halves(change: AccessListChange, holding: Holding) -> Halves:
    """A list that is held loses only people whose accounts go. One of leavers alone stays until their accounts go."""
    marks = holding.list_body(change) or holding.leavers(change)
    if not marks:
        return _go(change)
    concerned = holding.concerned
    going = tuple(name for name in change.members_removed if name in concerned and not holding.removal(change, name))
    if not going:
        return _stay(change, marks)
    first = replace(change, action="update", after=change.before, members_removed=going, blocked_by=())
    gone = frozenset(going)
    rest = tuple(name for name in change.members_removed if name not in gone)
    return first, replace(change, members_removed=rest, blocked_by=in_order(marks))


def _list_halves(change: AccessListChange, holding: Holding) -> Halves:
    added, not_added, why_added = _parted(change.members_added, change, holding, joining=True)
    removed, not_removed, why_removed = _parted(change.members_removed, change, holding, joining=False)
    after, why_body = _body_between(change, holding)
    marks = why_added | why_removed | why_body
    if not marks:
        return _go(change)
    creates = change.before is None
    moves = added or removed or after != change.before
    if not moves or after is None or (creates and not added and not_added):
        return _stay(change, marks)
    first = replace(
        change,
        after=after,
        members_added=added,
        members_removed=removed,
        carried={name: change.carried[name] for name in added if name in change.carried},
        blocked_by=(),
    )
    held = replace(
        change,
        action="update",
        before=after,
        before_fingerprint=fingerprint(after),
        members_added=not_added,
        members_removed=not_removed,
        carried={name: change.carried[name] for name in not_added if name in change.carried},
        blocked_by=in_order(marks),
    )
    return first, held


def _parted(
    names: tuple[str, ...], change: AccessListChange, holding: Holding, *, joining: bool
) -> tuple[tuple[str, ...], tuple[str, ...], Marks]:
    """The members who come or go now, those who do so later, and why."""
    if not change.blocked_by and holding.concerned.isdisjoint(names):
        return names, (), NOTHING
    renewed = change.members_renewed
    held = {}
    for name in names:
        why = NOTHING
        if joining or name in renewed:  # a membership that passes to another person goes and comes at once
            why |= holding.addition(change, name)
        if not joining or name in renewed:
            why |= holding.removal(change, name)
        held[name] = why
    now = tuple(name for name in names if not held[name])
    return now, tuple(name for name in names if held[name]), NOTHING.union(*held.values())


def _body_between(change: AccessListChange, holding: Holding) -> tuple[AccessList | None, Marks]:
    """The list itself once the first half is made, and why it is not yet as it is to be."""
    before, after = change.before, change.after
    marks = holding.list_body(change)
    if after is None or (marks and holding.holds_all(change)):
        return before, marks
    if before is None or before == after:
        return after, NOTHING
    spec, why = after.spec, NOTHING
    takes, gives = marks - GIVING, marks & GIVING
    if gives and _takes(after.spec.grants, before.spec.grants):
        spec, why = replace(spec, grants=_common(before.spec.grants, spec.grants)), gives
    if takes and _takes(before.spec.grants, after.spec.grants):
        spec, why = replace(spec, grants=_union(before.spec.grants, spec.grants)), why | takes
    held = _held_owners(before, after, holding)
    if held:
        going = {old: new for old, new in holding.renamed.items() if old not in holding.held_renames}
        spec, why = replace(spec, owners=renamed_owners(before.spec.owners, going)), why | held
    return replace(after, spec=spec), why


def _held_owners(before: AccessList, after: AccessList, holding: Holding) -> Marks:
    """What keeps owners of a list under their old names."""
    if before.spec.owners == after.spec.owners:
        return NOTHING
    old_names = (owner.name for owner in before.spec.owners if is_person(owner))
    return NOTHING.union(*(holding.held_renames.get(name, NOTHING) for name in old_names))
