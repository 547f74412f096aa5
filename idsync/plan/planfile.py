"""The plan file: canonical JSON of a Plan and a newline. What was not written by us, byte for byte, is refused."""

from typing import TypeVar, assert_never

import msgspec

from idsync.errors import PlanError, PlanTampered
from idsync.model.addresses import split_address
from idsync.model.canonical import canonical_bytes, digest_bytes, fingerprint
from idsync.plan.assemble import summarise
from idsync.plan.changes import FORMAT_VERSION, AccessListChange, Change, LockChange, Plan, UserChange
from idsync.plan.steps import in_listing_order

_LONGEST_LOCK = 2 * 3650 * 86400
"""Seconds that no configuration can ask for more than: the longest `ttl` and the longest `margin`."""
_REMAKE = "Make a new plan with `idsync plan -o PLAN`, have it reviewed, and apply that."


Shape = TypeVar("Shape")


class _Head(msgspec.Struct):
    """The little that must be read before the rest can be trusted to have our shape."""

    format_version: str
    digest: str


def encode_plan(plan: Plan) -> bytes:
    """The bytes of a plan file, which `plan --format json` prints too."""
    return canonical_bytes(plan) + b"\n"


def decode_plan(data: bytes) -> Plan:
    """The plan in a file; raises PlanError when it is no plan, PlanTampered when it is not as it was written."""
    head = _decode(data, _Head)
    if head.format_version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        raise PlanError(
            f"The plan file has format {head.format_version}; this idsync reads {FORMAT_VERSION}.",
            why="Another version of idsync wrote it.",
            fix="Apply it with that version, or make a new plan with this one.",
        )
    _check_seal(data, head.digest)
    plan = _decode(data, Plan)
    _check_sense(plan)
    return plan


def _decode(data: bytes, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PlanError(
            "This is not a plan file.", why=str(error), fix="Give the file that `idsync plan -o PLAN` wrote."
        ) from error


def _check_seal(data: bytes, digest: str) -> None:
    end = digest.encode() + b'"}\n'
    if not data.endswith(b'"digest":"' + end) or digest_bytes(data[: -len(end)] + b'"}') != digest:
        raise PlanTampered(
            "The plan file is not what was written: its content does not have its digest.",
            why="Somebody or something edited, reformatted or cut it after it was made.",
            fix=_REMAKE,
        )


def _check_sense(plan: Plan) -> None:
    """A person who edits a file can also make its digest: what it says must hang together.

    Whether its changes are of what is ours, only the target can say; an apply asks it.
    """
    whole = (
        plan.summary == summarise(plan.changes)
        and plan.changes == in_listing_order(plan.changes)
        and len({change.address for change in plan.changes}) == len(plan.changes)
        and all(map(_hangs_together, plan.changes))
    )
    if not whole:
        raise PlanTampered(
            "The plan file contradicts itself: its changes, their order, names or counts do not fit together.",
            why="It was not made by `idsync plan`, or was edited after.",
            fix=_REMAKE,
        )


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
            return sound and bool(moves) and not set(change.members_added) & set(change.members_removed)
        case LockChange():
            return sound and (change.lifetime is None or 0 < change.lifetime <= _LONGEST_LOCK)
        case UserChange():
            return sound and change.before != change.after
        case _:
            assert_never(change)
