"""What is kept of a resource that was pushed: every attribute as it came, within limits."""

from collections.abc import Mapping
from typing import Any

import msgspec
from scim2_models import InvalidValueException, PayloadTooLargeException, Resource

from idsync.server.scim.request_limits import LARGEST_RESOURCE, LONGEST_NAME

_ANSWERED_HERE = ("id", "meta", "groups", "members")
"""What the service says itself, where it is an attribute of such a resource."""


def attributes_of(resource: Resource[Any]) -> dict[str, Any]:
    """Every attribute as it was pushed, but for those that the service answers for and the password.

    Raises PayloadTooLargeException.
    """
    ours = {name for name in _ANSWERED_HERE if name not in resource.unknown_attributes}
    told: dict[str, Any] = resource.model_dump()
    content = {name: value for name, value in told.items() if name not in ours and name.casefold() != "password"}
    if len(msgspec.json.encode(content)) > LARGEST_RESOURCE:
        raise PayloadTooLargeException(detail=f"The attributes of a resource have at most {LARGEST_RESOURCE} bytes.")
    return content


def check_texts(attributes: Mapping[str, Any], name: str) -> None:
    """Raise InvalidValueException for a name, or an `externalId`, that cannot be kept or told from another."""
    texts = {name: attributes.get(name)}
    if attributes.get("externalId") is not None:
        texts["externalId"] = attributes["externalId"]
    for which, text in texts.items():
        if not isinstance(text, str) or not text or text != text.strip() or not text.isprintable():
            raise InvalidValueException(
                detail=f"{which} must be a text without control characters, and without white space at its ends."
            )
        if len(text) > LONGEST_NAME:
            raise InvalidValueException(detail=f"{which} has at most {LONGEST_NAME} characters.")


def details_of(member: Mapping[str, Any]) -> bytes | None:
    """What was pushed of a membership beside its value; None where that is nothing."""
    told = {name: value for name, value in member.items() if name not in ("value", "$ref")}
    return msgspec.json.encode(told) if told else None


def told_of(details: bytes | None) -> dict[str, Any]:
    """The same, read again."""
    return {} if details is None else msgspec.json.decode(details, type=dict[str, Any])
