"""What Okta was told lately of memberships, as it is kept by key: its copies may not show it yet."""

from collections.abc import Mapping
from urllib.parse import quote, unquote

import msgspec

from idsync.model.canonical import canonical_bytes

FIRST_KEY, END_KEY = "sent_to_okta/", "sent_to_okta0"
"""All keys are from the first on and before the end."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """That Okta was told that somebody is in a list, or is not; or that Okta said that they `stay` in it.

    `at` is when, by Okta's clock, in seconds since the epoch.
    """

    joins: bool
    at: float
    stays: bool = False


SentByList = Mapping[str, Mapping[str, Sent]]
"""What was sent, by the Okta ids of list and person."""
_DECODER = msgspec.json.Decoder(Sent)


def sent_key(access_list: str, person: str) -> str:
    """The key of one membership."""
    return f"{FIRST_KEY}{quote(access_list, safe='')}/{quote(person, safe='')}"


def sent_value(sent: Sent) -> bytes:
    """The value to keep."""
    return canonical_bytes(sent)


def sent_by_list(values: Mapping[str, bytes]) -> SentByList:
    """What was sent, from the values by key."""
    found: dict[str, dict[str, Sent]] = {}
    for key, value in values.items():
        access_list, _, person = key.removeprefix(FIRST_KEY).partition("/")
        found.setdefault(unquote(access_list), {})[unquote(person)] = _DECODER.decode(value)
    return found
