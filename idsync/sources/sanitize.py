"""Sanitized snapshots: one key turns people into the same pseudonyms every time; groups and apps keep their names.

What equals stays equal, and what differs stays different, so such a snapshot plans like the real one. Names that are
twins (equal but for letter case or Unicode form) stay twins. Without the key a pseudonym leads back to nobody.
"""

import hmac
from collections.abc import Callable, Collection
from typing import Any

import msgspec

from idsync.errors import UsageError
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot, raw_json
from idsync.model.names import nfc, twin_key

SHORTEST_KEY = 16

NEVER_KEPT = frozenset(
    {"login", "email", "secondEmail", "userName", "name", "displayName", "nickName", "firstName", "middleName"}
    | {"lastName", "givenName", "familyName", "honorificPrefix", "honorificSuffix", "profileUrl", "primaryPhone"}
    | {"mobilePhone", "streetAddress", "city", "zipCode", "postalAddress", "employeeNumber", "manager", "managerId"}
)
"""Attributes that say who a person is: replaced also when a rule looks at them."""

_LETTERS = "abcdefghijklmnop"


def sanitize(snapshot: Snapshot, key: bytes, keep: Collection[str] = ()) -> Snapshot:
    """Replace ids, names and profile values of people.

    `keep` names profile attributes whose values stay (those that role rules look at: department, title …), unless
    they say who a person is. Booleans stay. Ids of groups and apps stay; their descriptions, which may name people,
    do not. Raises UsageError for a key that can be guessed.
    """
    if len(key) < SHORTEST_KEY:
        raise UsageError(
            "The key for pseudonyms is too short.",
            why="People could be found again by trying keys.",
            fix=f"Give {SHORTEST_KEY} random bytes or more.",
        )
    pseudonym = _Pseudonyms(key)
    kept = frozenset(keep) - NEVER_KEPT
    return msgspec.structs.replace(
        snapshot,
        users=[_user(user, pseudonym, kept) for user in snapshot.users],
        groups=[_group(group, pseudonym) for group in snapshot.groups],
        apps=[_app(app, pseudonym) for app in snapshot.apps],
        unassigned={pseudonym.id(user): status for user, status in snapshot.unassigned.items()},
        sanitized=True,
    )


class _Pseudonyms:
    """Makes pseudonyms with one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def id(self, identifier: str) -> str:
        """An id of the same length as Okta's."""
        return "00u" + self._letters("id", identifier)[:17]

    def text(self, text: str) -> str:
        """A word for a text: twins give words that differ by letter case alone."""
        word = self._letters("text", twin_key(text))
        composed = nfc(text)
        if composed == twin_key(text):
            return word
        case = self._letters("case", composed)
        return "".join(
            letter.upper() if index == 0 or fate < "i" else letter
            for index, (letter, fate) in enumerate(zip(word, case, strict=True))
        )

    def number(self, number: float) -> int:
        """A number for a number."""
        return int.from_bytes(self._digest("number", repr(number))[:4])

    def _letters(self, kind: str, text: str) -> str:
        return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in self._digest(kind, text)[:12])

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")


def _user(user: IdentityUser, pseudonym: _Pseudonyms, kept: Collection[str]) -> IdentityUser:
    profile = {name: value if name in kept else _value(value, pseudonym) for name, value in user.attributes().items()}
    return msgspec.structs.replace(
        user, id=pseudonym.id(user.id), username=pseudonym.text(user.username), profile=raw_json(profile)
    )


def _value(value: Any, pseudonym: _Pseudonyms) -> Any:
    """Replace every text and number inside a profile value; what is empty, true or false stays so."""
    match value:
        case bool():
            return value
        case str() if value:
            return pseudonym.text(value)
        case int() | float():
            return pseudonym.number(value)
        case list():
            return [_value(item, pseudonym) for item in value]
        case dict():
            return {name: _value(item, pseudonym) for name, item in value.items()}
        case _:
            return value


def _group(group: IdentityGroup, pseudonym: _Pseudonyms) -> IdentityGroup:
    return msgspec.structs.replace(
        group,
        members=_ids(group.member_ids(), pseudonym.id),
        description=pseudonym.text(group.description) if group.description else "",
    )


def _app(app: IdentityApp, pseudonym: _Pseudonyms) -> IdentityApp:
    return msgspec.structs.replace(app, users=_ids(app.user_ids(), pseudonym.id))


def _ids(identifiers: list[str], pseudonym: Callable[[str], str]) -> msgspec.Raw:
    return raw_json(sorted(pseudonym(identifier) for identifier in identifiers))
