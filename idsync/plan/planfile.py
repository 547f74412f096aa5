"""The plan file: canonical JSON of a Plan and a newline. What was not written by us, byte for byte, is refused."""

from collections.abc import Iterable
from typing import TypeVar, assert_never

import msgspec

from idsync.diagnostics import quoted
from idsync.errors import PlanError, PlanTampered
from idsync.model.addresses import split_address
from idsync.model.canonical import canonical_bytes, digest_bytes, fingerprint
from idsync.model.ownership import okta_id_of
from idsync.model.resources import User
from idsync.plan.assemble import summarise
from idsync.plan.changes import FORMAT_VERSION, AccessListChange, Change, LockChange, PlainChange, Plan, UserChange
from idsync.plan.seal import pieces
from idsync.plan.sections import FIRST, UNDERSTOOD, requirements
from idsync.plan.steps import in_listing_order

_LONGEST_LOCK = 2 * 3650 * 86400
"""Seconds that no configuration can ask for more than: the longest `ttl` and the longest `margin`."""
_NAMED = 5
_REMAKE = "Make a new plan with `idsync plan -o PLAN`, have it reviewed, and apply that."


Shape = TypeVar("Shape")


class _Head(msgspec.Struct):
    """The little that must be read before the rest can be trusted to have our shape."""

    format_version: str
    digest: str
    requires: tuple[str, ...] = ()


class _Executed(msgspec.Struct):
    """The bytes of what an apply goes by."""

    inputs: msgspec.Raw
    changes: msgspec.Raw


def encode_plan(plan: Plan) -> bytes:
    """The bytes of a plan file, which `plan --format json` prints too."""
    return canonical_bytes(plan) + b"\n"


def decode_plan(data: bytes) -> Plan:
    """The plan in a file; raises PlanError when it is not a plan or requires more than this version knows, PlanTampered
    when it is not as it was written.

    A later minor version may have added to what is for people (delta, guards, findings, summary, health). What is
    executed must be understood whole.
    """
    head = _decode(data, _Head)
    if head.format_version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise PlanError(
            f"The plan file has format {head.format_version}; this idsync reads {FORMAT_VERSION}.",
            why="Another version of idsync wrote it.",
            fix="Apply it with that version, or make a new plan with this one.",
        )
    _check_seal(data, head.digest)
    _check_requirements(head.requires)
    plan = _decode(data, Plan)
    _check_understood(plan, _decode(data, _Executed))
    _check_sense(plan)
    return plan


def _decode(data: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PlanError(
            "This is not a plan file that this idsync understands.",
            why=str(error),
            fix="Give the file that `idsync plan -o PLAN` wrote; if a newer idsync wrote it, upgrade this one.",
        ) from error


def _check_seal(data: bytes, digest: str) -> None:
    end = digest.encode() + b'"}\n'
    if not data.endswith(b'"digest":"' + end) or digest_bytes(data[: -len(end)] + b'"}') != digest:
        raise PlanTampered(
            "The plan file is not what was written: its content does not have its digest.",
            why="Somebody or something edited, reformatted or cut it after it was made.",
            fix=_REMAKE,
        )


def _check_requirements(required: Iterable[str]) -> None:
    unknown = sorted(set(required) - UNDERSTOOD)
    if unknown:
        names = ", ".join(map(quoted, unknown[:_NAMED])) + (", …" if len(unknown) > _NAMED else "")
        raise PlanError(
            f"The plan file requires what this idsync does not know: {names}.",
            why="A newer version wrote it. This one would apply it without what it does not understand.",
            fix="Upgrade idsync, or make a new plan with this version.",
        )


def _check_understood(plan: Plan, executed: _Executed) -> None:
    """What is executed must read back as the very bytes of the file: then nothing in it was passed over, at any depth.

    A field that a later version adds there must therefore be left out where it says nothing.
    """
    written, place = memoryview(executed.changes), 1
    for piece in pieces(plan.changes):
        if written[place : place + len(piece)] != piece:
            break
        place += len(piece)
    if place != len(written) - 1 or bytes(executed.inputs) != canonical_bytes(plan.inputs):
        raise PlanError(
            "The plan file holds more than this idsync understands, in its changes or its inputs.",
            why="A newer version wrote it, or it was edited by hand.",
            fix="Upgrade idsync, or make a new plan with this version.",
        )


def _check_sense(plan: Plan) -> None:
    """A person who edits a file can also make its digest: what it says must hang together.

    Whether its changes are of what is ours, only the target can say; an apply asks it.
    """
    whole = (
        plan.summary == summarise(plan.changes)
        and plan.changes == in_listing_order(plan.changes)
        and len({(change.target, change.address) for change in plan.changes}) == len(plan.changes)
        and _fits_targets(plan)
        and _renews_what_passes_on(plan.changes)
        and all(map(_hangs_together, plan.changes))
    )
    if not whole:
        raise PlanTampered(
            "The plan file contradicts itself: its changes, their order, names or counts do not fit together.",
            why="It was not made by `idsync plan`, or was edited after.",
            fix=_REMAKE,
        )


def _fits_targets(plan: Plan) -> bool:
    """Whether every target after the first has its serial, and the plan says that it has several."""
    targets = {change.target for change in plan.changes} - {FIRST}
    needed = {*(requirements(plan.changes) or ())}
    return targets <= {*(plan.inputs.serials or ())} and needed <= {*(plan.requires or ())}


def _renews_what_passes_on(changes: Iterable[Change]) -> bool:
    """Whether every name that a list both loses and gains passes to another person by the same plan."""
    renewed: set[str] = set()
    passed: set[str] = set()
    for change in changes:
        match change:
            case AccessListChange():
                renewed |= change.members_renewed
            case UserChange(before=before, after=User() as after) if not change.identified:
                if before is None or okta_id_of(before.metadata.labels) != okta_id_of(after.metadata.labels):
                    passed.add(after.metadata.name)
            case _:
                pass
    return renewed <= passed


def _hangs_together(change: Change) -> bool:
    name = split_address(change.address)[1]
    bodies = [body for body in (change.before, change.after) if body is not None]
    kinds = {body.kind for body in bodies} | {split_address(change.address)[0]}
    presence = (change.before is not None, change.after is not None)
    expected = {"create": (False, True), "update": (True, True), "delete": (True, False)}[change.action]
    sound = presence == expected and len(kinds) == 1 and all(body.metadata.name == name for body in bodies)
    sound = sound and change.before_fingerprint == (None if change.before is None else fingerprint(change.before))
    match change:
        case AccessListChange():
            moves = change.before != change.after or change.members_added or change.members_removed
            return sound and bool(moves)
        case LockChange():
            return sound and (change.lifetime is None or 0 < change.lifetime <= _LONGEST_LOCK)
        case UserChange() | PlainChange():
            return sound and change.before != change.after
        case _:
            assert_never(change)
