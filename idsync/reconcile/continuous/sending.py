"""What a service sends to Okta, outside its transactions, each membership by itself. A full pass sends what is left."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

import msgspec

from idsync.errors import IdsyncError, PartlyApplied, PlanStale
from idsync.model.addresses import split_address
from idsync.plan.changes import AccessListChange, Change
from idsync.plan.okta_part import okta_alone
from idsync.plan.steps import step_count
from idsync.reconcile.applying import Applier
from idsync.reconcile.parts import Parts

Membership = tuple[str, str]


class Sending(msgspec.Struct, frozen=True):
    """The run in which something was sent, if any was; how many memberships were not, and why.

    `moved` are those about which something is known better than when that was planned, by the Okta ids of list and
    person: they are to be planned again.
    """

    run: int | None = None
    owed: int = 0
    note: str = ""
    moved: frozenset[Membership] = frozenset()


NOTHING_SENT = Sending()


def sent(applier: Applier, parts: Parts, moved: Collection[tuple[str, str]], check_stop: Callable[[], None]) -> Sending:
    """Send what goes ahead of these parts, but for what `moved`, by target and address; what is left, and why.

    That Okta refuses something fails no pass: the directory is as planned, and the next full pass sends the rest.
    Raises PassStopped.
    """
    going = okta_alone(parts.going)
    if going is None:
        return NOTHING_SENT
    planned = step_count(going.changes)
    try:
        applied = replace(applier, progress=lambda *_: check_stop()).send(parts, moved)
    except PlanStale:
        return Sending(owed=planned, moved=_memberships(going.changes))
    except IdsyncError as error:
        check_stop()
        owed = error.total - error.done if isinstance(error, PartlyApplied) else planned
        return Sending(owed=owed, note=f"Not everything went to Okta. {error.in_full}")
    left = _memberships(change for change in going.changes if (change.target, change.address) in moved)
    return Sending(None if applied is None else applied.run, len(left), moved=left)


def _memberships(changes: Iterable[Change]) -> frozenset[Membership]:
    """The memberships of these changes, by the Okta ids of list and person."""
    lists = (change for change in changes if isinstance(change, AccessListChange))
    return frozenset(
        (split_address(change.address)[1], person)
        for change in lists
        for person in (*change.members_added, *change.members_removed)
    )
