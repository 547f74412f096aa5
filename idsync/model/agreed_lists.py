"""What Okta and the directory last agreed on of each list whose memberships go both ways, as it is kept by key."""

from collections.abc import Mapping

import msgspec

from idsync.model.canonical import canonical_bytes

FIRST_KEY, END_KEY = "agreed_with_okta/", "agreed_with_okta0"
"""All keys of agreed lists are from the first on and before the end."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """That Okta was told that somebody is in a list, or is not, `at` a time in seconds since the epoch."""

    joins: bool
    at: float


class AgreedList(msgspec.Struct, frozen=True, gc=False):
    """One list: what it is in Okta (`group` or `app`), how it is called, and who is in it on both sides, by Okta id.

    `sent` is what Okta was told lately: its copies may not show it yet.
    """

    kind: str
    title: str
    members: frozenset[str]
    sent: dict[str, Sent] = {}


_DECODER = msgspec.json.Decoder(AgreedList)


def agreed_lists(values: Mapping[str, bytes]) -> dict[str, AgreedList]:
    """The agreed lists by Okta id, from their values by key."""
    return {key.removeprefix(FIRST_KEY): _DECODER.decode(value) for key, value in values.items()}


def as_values(lists: Mapping[str, AgreedList]) -> dict[str, bytes]:
    """The values to keep, by key."""
    return {FIRST_KEY + name: canonical_bytes(_sorted(each)) for name, each in lists.items()}


def _sorted(each: AgreedList) -> dict[str, object]:
    sent: dict[str, object] = {person: msgspec.to_builtins(one) for person, one in sorted(each.sent.items())}
    return {"kind": each.kind, "title": each.title, "members": sorted(each.members), "sent": sent}
