"""A PATCH of a group that only names members, as Okta sends it: told apart, so that it costs what it names.

RFC 7644 §3.5.2; the library would load every member of the group first.
"""

import re
from collections.abc import Iterable
from typing import Any

import msgspec
from scim2_models import PatchOp, PatchOperation

_ONE_MEMBER = re.compile(r'members\[\s*value\s+eq\s+("(?:[^"\\]|\\.)*")\s*\]\Z', re.IGNORECASE)
_BESIDE_A_TITLE = frozenset({"id", "schemas", "displayName"})


class MemberChanges(msgspec.Struct):
    """Who joins, with what was pushed of each membership, who leaves, and the group's title where it was pushed."""

    joined: dict[str, dict[str, Any]] = {}
    left: set[str] = set()
    title: str | None = None


def member_changes(patch: "PatchOp[Any]") -> MemberChanges | None:
    """What a PATCH changes, when it only adds and removes members that it names, or sets the title; else None."""
    changes = MemberChanges({}, set())
    for operation in patch.operations or ():
        if not _took(operation, changes):
            return None
    return changes


def _took(operation: "PatchOperation[Any]", changes: MemberChanges) -> bool:
    path = "" if operation.path is None else str(operation.path)
    removes = operation.op is PatchOperation.Op.remove
    if not path and not removes:
        return _took_title(operation.value, changes)
    if path.casefold() == "displayname" and not removes and isinstance(operation.value, str):
        changes.title = operation.value
        return True
    if path.casefold() == "members" and operation.op is not PatchOperation.Op.replace_ and operation.value:
        return _took_members(operation.value, changes, removes=removes)
    one = _ONE_MEMBER.match(path)
    if one is None or not removes or operation.value is not None:
        return False
    try:
        member = msgspec.json.decode(one[1])
    except msgspec.DecodeError:  # which the library refuses, and says why
        return False
    return _took_members([{"value": member}], changes, removes=True)


def _took_title(value: Any, changes: MemberChanges) -> bool:
    if not isinstance(value, dict) or not value.keys() <= _BESIDE_A_TITLE:
        return False
    title = value.get("displayName")
    if not isinstance(title, str) or not title:
        return False
    changes.title = title
    return True


def _took_members(value: Any, changes: MemberChanges, *, removes: bool) -> bool:
    members = list(_entries(value))
    if any(not isinstance(member.get("value"), str) for member in members):
        return False
    for member in members:
        scim_id = member["value"]
        if removes:
            changes.joined.pop(scim_id, None)
            changes.left.add(scim_id)
        else:
            changes.left.discard(scim_id)
            changes.joined[scim_id] = member
    return True


def _entries(value: Any) -> Iterable[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return (entry if isinstance(entry, dict) else {} for entry in entries)
