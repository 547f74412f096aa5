"""Okta's rows as the facts of a snapshot."""

from collections.abc import Iterable
from sys import intern

from idsync.errors import SourceError
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, ProfileValue, raw_json
from idsync.sources.okta.wire import App, AppUser, EmbeddedUser, Group, Profile, is_direct

_EMPTY: tuple[ProfileValue, ...] = (None, "", [], {})


def identity_user(row: AppUser, user: EmbeddedUser) -> IdentityUser | None:
    """One person of the pool, or None where the server left out who it is: status or profile of the user."""
    if user.status is None or user.profile is None:
        return None
    username = (row.credentials and row.credentials.user_name) or user.profile.get("login")
    if not isinstance(username, str) or not username:
        raise SourceError(
            f"user {row.id} has no name.",
            why="Okta gives neither a user name in the app nor a login",
            fix="Give the user a login in Okta, or a user name in the app's assignment.",
        )
    return IdentityUser(
        id=intern(row.id),
        username=username,
        status=intern(user.status),
        profile=raw_json(merged(user.profile, row.profile or {})),
        scope="USER" if is_direct(row) else "GROUP",
    )


def merged(user: Profile, app_user: Profile) -> Profile:
    """The user's profile with the app user's values over it, where they are not empty."""
    return user | {name: value for name, value in app_user.items() if value not in _EMPTY}


def identity_group(group: Group, members: Iterable[str]) -> IdentityGroup:
    """A group with its members."""
    return IdentityGroup(
        id=group.id,
        name=group.profile.name,
        members=raw_json(sorted(members)),
        description=group.profile.description or "",
        type=group.type,
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
