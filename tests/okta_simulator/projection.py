"""The `fields` parameter of the user list: `id,status,profile:(login,email)`."""

import re
from typing import Any

from tests.okta_simulator.errors import invalid

_FIELD = re.compile(r"(\w+)(?::\(([\w,]*)\))?(?:,|$)")


def projected(shape: dict[str, Any], fields: str) -> dict[str, Any]:
    """The shape with the named members only, and always the id."""
    result: dict[str, Any] = {"id": shape["id"]}
    position = 0
    while position < len(fields):
        field = _FIELD.match(fields, position)
        if field is None:
            raise invalid("fields", f"cannot read {fields[position:]!r}")
        position = field.end()
        name, members = field.groups()
        if name not in shape:
            continue
        value = shape[name]
        if members is not None and isinstance(value, dict):
            value = {member: value[member] for member in members.split(",") if member in value}
        result[name] = value
    return result
