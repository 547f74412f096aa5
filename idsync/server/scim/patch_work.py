"""How much work a PATCH is that the library applies, told before it begins: other requests wait while it is done.

Each operation looks at every entry of the resource, and holds it against every comparison of its path.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from scim2_models import PatchOperation, PayloadTooLargeException

from idsync.model.pushed import PushedResource

MOST_WORK = 10_000_000
"""So much work one request may be, which is about ten seconds."""
_AN_ENTRY = 200
"""What it costs to look at an entry of a resource once; to hold it against a character of a path costs one."""
_FEWEST_ENTRIES = 50
_A_NAME, _NAMES_PASSED = 500, 10
"""What it costs to read a name in a value as a path; and so many names of the resource are passed over for one more."""


class PatchWork:
    """What is left of the work that one request may be."""

    def __init__(self) -> None:
        self._left = MOST_WORK

    def take(self, operations: Sequence["PatchOperation[Any]"], resource: PushedResource, members: int) -> None:
        """Take the work of these operations. Raises PayloadTooLargeException where too little is left.

        A single operation with a short path may look at a resource of any size.
        """
        given = sum(_entries(operation.value) for operation in operations)
        body = msgspec.json.decode(resource.body)
        entries = _FEWEST_ENTRIES + members + _entries(body) + given
        names = sum(_names(operation.value) for operation in operations)
        self._left -= names * (_A_NAME + (names + len(body)) // _NAMES_PASSED)
        if self._left < 0:
            raise PayloadTooLargeException(detail=f"{names} names of attributes are too much for a PATCH: send fewer.")
        looks = _AN_ENTRY * (len(operations) - 1) + sum(len(str(operation.path or "")) for operation in operations)
        self._left -= entries * looks
        if self._left < 0:
            raise PayloadTooLargeException(
                detail=f"{len(operations)} operations that each look at {entries} entries are too much for a request. "
                "Send fewer at a time, or shorter filters; members may be named one by one."
            )


def _entries(value: Any) -> int:
    """Entries of the lists in a value, and objects in objects, at any depth."""
    match value:
        case list():
            return len(value) + sum(map(_entries, value))
        case dict():
            return sum(isinstance(each, dict) + _entries(each) for each in value.values())
        case _:
            return 0


def _names(value: Any) -> int:
    """Names in the objects of a value, at any depth; those that entries of a list share, once."""
    match value:
        case list():
            return len({name for each in value if isinstance(each, dict) for name in each})
        case dict():
            return len(value) + sum(map(_names, value.values()))
        case _:
            return 0
