"""What a service sends to Okta, outside its transactions, each membership by itself. A full pass sends what is left."""

from collections.abc import Callable, Container
from dataclasses import replace

import msgspec

from idsync.errors import IdsyncError, PartlyApplied
from idsync.plan.okta_part import okta_alone
from idsync.plan.steps import step_count
from idsync.reconcile.applying import Applier
from idsync.reconcile.parts import Parts


class Sending(msgspec.Struct, frozen=True):
    """The run in which something was sent, if any was; how many memberships were not, and why."""

    run: int | None = None
    owed: int = 0
    note: str = ""


NOTHING_SENT = Sending()


def sent(applier: Applier, parts: Parts, moved: Container[tuple[str, str]], check_stop: Callable[[], None]) -> Sending:
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
    except IdsyncError as error:
        check_stop()
        owed = error.total - error.done if isinstance(error, PartlyApplied) else planned
        told = " ".join(part for part in (error.summary, error.why, error.fix) if part)
        return Sending(owed=owed, note=f"Not everything went to Okta. {told}")
    return NOTHING_SENT if applied is None else Sending(applied.run, planned - applied.steps)
