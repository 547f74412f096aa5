"""Okta's rows as the facts of a snapshot."""

from collections.abc import Iterable
from sys import intern
from typing import Literal

import msgspec

from idsync.model.canonical import canonical_bytes
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, ProfileValue, raw_json
from idsync.model.odd_rows import inner_fault
from idsync.okta.wire import App, AppUser, EmbeddedUser, Group, Profile, is_direct

_EMPTY: tuple[ProfileValue, ...] = (None, "", [], {})
_WITHOUT_VALUES = frozenset({b"", b"{}", b"null"})
_LEFT_OUT = frozenset({b"", b"null"})
_PROFILE = msgspec.json.Decoder(Profile)


class OddPerson(ValueError):
    """A row of the pool that cannot be read; the text says what is wrong with it."""


def identity_user(row: AppUser, user: EmbeddedUser) -> IdentityUser | None:
    """One person of the pool, or None when the server left out the status or profile of the user.

    Raises OddPerson when name, profile or scope cannot be read.
    """
    profile = bytes(user.profile)  # a copy, since the row is a view that would keep its whole page
    if user.status is None or profile in _LEFT_OUT:
        return None
    own = bytes(row.profile)
    if own not in _WITHOUT_VALUES:
        profile = canonical_bytes(merged(_opened(profile), _opened(own)))
    elif not _is_sure(profile):
        _opened(profile)
    username = (row.credentials and row.credentials.user_name) or _opened(profile).get("login")
    if not isinstance(username, str) or not username:
        raise OddPerson("has neither a user name in the app nor a login")
    try:
        scope: Literal["USER", "GROUP"] = "USER" if is_direct(row) else "GROUP"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise OddPerson("does not say how the app was assigned") from None
    return IdentityUser(
        id=intern(row.id), username=username, status=intern(user.status), profile=msgspec.Raw(profile), scope=scope
    )


def merged(user: Profile, app_user: Profile) -> Profile:
    """The user's profile with the app user's values over it, where they are not empty."""
    return user | {name: value for name, value in app_user.items() if value not in _EMPTY}


def _is_sure(profile: bytes) -> bool:
    """Tell whether a profile is an object of valid text. Its JSON was checked, but not its UTF-8."""
    return profile[:1] == b"{" and profile.isascii()


def _opened(profile: bytes) -> Profile:
    try:
        return _PROFILE.decode(profile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise OddPerson(inner_fault(profile, "profile") or f"has a profile that cannot be read ({error})") from None


def identity_group(group: Group, members: Iterable[str]) -> IdentityGroup:
    """A group with its members."""
    return IdentityGroup(
        id=group.id,
        name=group.profile.name,
        members=raw_json(sorted(members)),
        description=group.profile.description or "",
        type=group.type,
        last_membership_updated=group.changed or msgspec.UNSET,
    )


def identity_app(app: App, users: Iterable[str], groups: Iterable[str]) -> IdentityApp:
    """An app with its direct assignments and the groups that convey it."""
    return IdentityApp(
        id=app.id,
        label=app.label,
        users=raw_json(sorted(users)),
        name=app.name,
        status=app.status,
        groups=sorted(groups),
    )
