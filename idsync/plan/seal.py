"""The digest of a plan: over its canonical bytes with an empty digest, in pieces since plans can be large."""

import hashlib
from collections.abc import Callable, Iterator

import msgspec

from idsync.model.canonical import canonical_bytes, digest
from idsync.plan.changes import Change, PersonDelta, Plan

_PIECE = 512
_LISTS = b'"changes":[],"access_delta":[]'
_END = b'"}'


def sealed(plan: Plan) -> Plan:
    """The plan with the digest of all the rest of it."""
    return write_sealed(plan, _nowhere)


def write_sealed(plan: Plan, write: Callable[[bytes], object]) -> Plan:
    """Give `write` the bytes of the plan file, piece by piece; the plan with the digest that it has there."""
    hashed = hashlib.sha256()
    for piece in _all_but_digest(plan):
        hashed.update(piece)
        write(piece)
    hashed.update(_END)
    found = f"sha256:{hashed.hexdigest()}"
    write(found.encode() + _END + b"\n")
    return msgspec.structs.replace(plan, digest=found)


def ready_at_once(plan: Plan, snapshot_digest: str) -> Plan:
    """Prepare a plan for immediate apply, without a file.

    Its digest covers inputs and verdicts, not the changes, which follow from them.
    """
    inputs = msgspec.structs.replace(plan.inputs, snapshot_digest=snapshot_digest)
    named = {field: getattr(plan, field) for field in Plan.__struct_fields__}
    frame = Plan(**{**named, "inputs": inputs, "digest": "", "changes": (), "access_delta": ()})
    return msgspec.structs.replace(frame, digest=digest(frame), changes=plan.changes)


def _nowhere(_piece: bytes) -> None:
    """For a plan that is not written."""


def _all_but_digest(plan: Plan) -> Iterator[bytes]:
    """The canonical bytes of a plan, up to the digest, in pieces small enough for the processor's cache."""
    frame = canonical_bytes(msgspec.structs.replace(plan, changes=(), access_delta=(), digest=""))
    before, _, after = frame.removesuffix(_END).partition(_LISTS)
    yield before + b'"changes":['
    yield from pieces(plan.changes)
    yield b'],"access_delta":['
    yield from pieces(plan.access_delta)
    yield b"]" + after


def pieces(items: tuple[Change, ...] | tuple[PersonDelta, ...]) -> Iterator[bytes]:
    """The canonical bytes of a sequence, without the brackets around it."""
    for start in range(0, len(items), _PIECE):
        encoded = canonical_bytes(items[start : start + _PIECE])[1:-1]
        yield encoded if start == 0 else b"," + encoded
