"""The last element of `get all`: what a store knows of the directory as a whole, for plans from files."""

from typing import Literal

import msgspec

from idsync.model.addresses import Address
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast
from idsync.model.directory import LastApply
from idsync.model.resources import Metadata

KIND = "idsync_state"


class StateSpec(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The serial, what the last apply was made from, which objects of ours are not as they were agreed on, what is
    agreed on about people beyond what the directory holds, and the files of the configuration applied last, by path.
    """

    serial: int
    last_apply: LastApply | None = None
    edited: tuple[Address, ...] = ()
    past: AgreedPast = NOTHING_PAST
    configuration: dict[str, str] = {}


class ExportedState(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """The state of a directory, in the form of a resource."""

    kind: Literal["idsync_state"]
    version: Literal["v1"]
    metadata: Metadata
    spec: StateSpec


def exported_state(spec: StateSpec) -> ExportedState:
    """The one element of its kind."""
    return ExportedState("idsync_state", "v1", Metadata("state"), spec)
