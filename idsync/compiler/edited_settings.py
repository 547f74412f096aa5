"""Which setting of an edit makes a change so, where Okta only seems to: by what the one applied before would do."""

from collections.abc import Mapping

from idsync.compiler.causes import setting_cause
from idsync.compiler.inputs import Inputs
from idsync.config.settings import Integration, SuspendedPeople
from idsync.model.addresses import Address, split_address
from idsync.model.directory import Reason, Why
from idsync.model.identity import SUSPENDED

_COMES = frozenset({Reason.ASSIGNED, Reason.REPROVISIONED})


def by_edited_settings(inputs: Inputs, why: Mapping[Address, Why], locked: Mapping[str, str]) -> Mapping[Address, Why]:
    """Of what changes because `users.suspended`, `app` or `sync.users` does, why it changes.

    `locked` says whom each lock is on, by its name.
    """
    now = inputs.settings.integration
    was = now if inputs.earlier is None else inputs.earlier.applied.integration
    changed = (was.users.suspended, was.app, was.sync.users) != (now.users.suspended, now.app, now.sync.users)
    if not changed and not any(each.reason is Reason.UNSUSPENDED for each in why.values()):
        return {}
    suspended = _suspended(inputs)
    found: dict[Address, Why] = {}
    for address, each in why.items():
        kind, name = split_address(address)
        if kind == "access_list":
            continue
        person = locked.get(name, "") if kind == "lock" else name
        made = _setting(each.reason, was, now, is_suspended=person in suspended)
        if made is not None:
            reason, setting = made
            found[address] = Why(reason, (setting_cause(inputs.settings, setting), *each.causes))
    return found


def _setting(reason: Reason, was: Integration, now: Integration, *, is_suspended: bool) -> tuple[Reason, str] | None:
    """The setting that makes a change which was given this reason, with the reason that it is; None for Okta's own."""
    if is_suspended and _is_by_suspension(reason, was.users.suspended, now.users.suspended):
        return Reason.SUSPENSION_CHANGED, "users.suspended"
    if was.app != now.app and reason in {*_COMES, Reason.UNASSIGNED}:
        return Reason.APP_CHANGED, "app"
    if now.sync.users and not was.sync.users and reason in _COMES:
        return Reason.SYNC_CHANGED, "sync.users"
    return None


def _suspended(inputs: Inputs) -> frozenset[str]:
    """The names of people whom Okta shows as suspended: of now, and those that the directory has of them."""
    people = {user.id: user.username for user in inputs.snapshot.users if user.status == SUSPENDED}
    if not people:
        return frozenset()
    known = (name for name, entry in inputs.index.users.items() if entry.okta_id in people)
    return frozenset(people.values()).union(known)


def _is_by_suspension(reason: Reason, was: SuspendedPeople, now: SuspendedPeople) -> bool:
    """Whether the setting before would not do this to somebody who is suspended.

    Who is suspended and unlocked is unlocked by the setting, whichever it was.
    """
    match reason:
        case Reason.UNSUSPENDED:
            return True
        case Reason.SUSPENDED:
            return was is not now
        case Reason.ASSIGNED | Reason.REPROVISIONED:
            return was is SuspendedPeople.DELETE and now is not was
        case _:
            return False
