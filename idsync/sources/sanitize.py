"""Sanitized snapshots: people under pseudonyms, so that such a snapshot plans like the real one and tells of nobody.

Of a person no text stays but what a rule must see, and that only where it says nothing of who the person is. Groups and
apps keep their names; their descriptions, which may name people, do not stay.
"""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, ProfileValue, Snapshot, raw_json
from idsync.model.pseudonyms import Identifying, Pseudonyms

_TRUTH_VALUES = frozenset({"true", "false"})


def sanitize(snapshot: Snapshot, key: bytes, keep: Collection[str] = ()) -> Snapshot:
    """Replace ids, names and profile values of people.

    `keep` names profile attributes whose values stay (those that role rules look at: department, title …), but for
    values that say who a person is. The snapshot says which attributes stayed whole. Raises UsageError for a key that
    can be guessed.
    """
    people = _People(Pseudonyms(key), frozenset(keep))
    pseudonym = people.pseudonym
    users = [people.user(user) for user in snapshot.users]
    return msgspec.structs.replace(
        snapshot,
        users=users,
        groups=[_group(group, pseudonym) for group in snapshot.groups],
        apps=[_app(app, pseudonym) for app in snapshot.apps],
        unassigned={pseudonym.id(user): status for user, status in snapshot.unassigned.items()},
        sanitized=True,
        kept_attributes=sorted(people.kept - people.replaced),
    )


class _People:
    """Replaces people, and notes of which attributes that were to be kept some value was replaced."""

    def __init__(self, pseudonym: Pseudonyms, kept: frozenset[str]) -> None:
        self.pseudonym = pseudonym
        self.kept = kept
        self.replaced: set[str] = set()

    def user(self, user: IdentityUser) -> IdentityUser:
        """A person under pseudonyms."""
        attributes = user.attributes()
        texts = {name: _texts(value) for name, value in attributes.items()}
        identifying = Identifying((user.id, user.username), texts, self.kept)
        profile: dict[str, ProfileValue] = {}
        for name, value in attributes.items():
            stays = name in self.kept and not any(map(identifying.is_in, texts[name]))
            profile[name] = value if stays else self._value(value)
            if name in self.kept and profile[name] != value:
                self.replaced.add(name)
        return msgspec.structs.replace(
            user, id=self.pseudonym.id(user.id), username=self.pseudonym.text(user.username), profile=raw_json(profile)
        )

    def _value(self, value: Any) -> Any:
        """Replace every text and number inside a profile value; what is empty, true or false stays so."""
        match value:
            case bool():
                return value
            case str():
                return value if value in _TRUTH_VALUES else self.pseudonym.text(value)
            case int() | float():
                return self.pseudonym.text(_number(value))
            case list():
                return [self._value(item) for item in value]
            case dict():
                return {name: self._value(item) for name, item in value.items()}
            case _:
                return value


def _texts(value: Any) -> list[str]:
    """Every text and number inside a profile value, as text."""
    match value:
        case str():
            return [value] if value else []
        case bool():
            return []
        case int() | float():
            return [_number(value)]
        case list():
            return [text for item in value for text in _texts(item)]
        case dict():
            return [text for item in value.values() for text in _texts(item)]
        case _:
            return []


def _number(value: float) -> str:
    """A number as a trait shows it, so that a directory's trait gets the same pseudonym."""
    return msgspec.json.encode(value).decode()


def _group(group: IdentityGroup, pseudonym: Pseudonyms) -> IdentityGroup:
    return msgspec.structs.replace(
        group, members=_ids(group.member_ids(), pseudonym.id), description=pseudonym.text(group.description)
    )


def _app(app: IdentityApp, pseudonym: Pseudonyms) -> IdentityApp:
    return msgspec.structs.replace(app, users=_ids(app.user_ids(), pseudonym.id))


def _ids(identifiers: list[str], pseudonym: Callable[[str], str]) -> msgspec.Raw:
    return raw_json(sorted(pseudonym(identifier) for identifier in identifiers))
