"""Okta's objects as its API writes them, cut down to the fields that idsync reads; others are ignored.

A field that Okta may leave out has a default. One without a default is needed, and its absence is an error. A raw field
is a view of the page that it came in, and is not looked into before it is needed; it is empty when Okta left it out.
"""

from typing import Protocol

import msgspec

from idsync.model.identity import ProfileValue

Profile = dict[str, ProfileValue]
_NOTHING = msgspec.Raw()


class Row(Protocol):
    """What every listing holds: objects with an id."""

    @property
    def id(self) -> str:
        """Okta's id."""


class User(msgspec.Struct, frozen=True, gc=False):
    """A user of the organization."""

    id: str
    status: str
    profile: msgspec.Raw = _NOTHING


class Member(msgspec.Struct, frozen=True, gc=False):
    """A user in a group's member list."""

    id: str
    status: str | None = None


class ChangedUser(msgspec.Struct, frozen=True, gc=False):
    """A user in the list of those who were changed since a time."""

    id: str
    changed: str = msgspec.field(name="lastUpdated", default="")
    """When the profile or the status last changed; memberships and assignments do not count."""


class EmbeddedUser(msgspec.Struct, frozen=True, gc=False):
    """The user inside an app user, as far as the server sends it."""

    status: str | None = None
    profile: msgspec.Raw = _NOTHING


class Embedded(msgspec.Struct, frozen=True, gc=False):
    """What `expand=user` adds."""

    user: EmbeddedUser | None = None


class AppCredentials(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The name under which the app knows a user."""

    user_name: str | None = None


class AppUserLinks(msgspec.Struct, frozen=True, gc=False):
    """The links of an app user; one to a group says that the group conveys the app."""

    group: dict[str, object] | None = None


_LINKS = msgspec.json.Decoder(AppUserLinks | None)


class AppUser(msgspec.Struct, frozen=True, gc=False):
    """A user's assignment to an app."""

    id: str
    scope: str | None = None
    credentials: AppCredentials | None = None
    profile: msgspec.Raw = _NOTHING
    embedded: Embedded | None = msgspec.field(name="_embedded", default=None)
    links: msgspec.Raw = msgspec.field(name="_links", default=_NOTHING)

    @property
    def user(self) -> EmbeddedUser | None:
        """The user in this row, if the server put one there."""
        return self.embedded.user if self.embedded else None


class Assignment(msgspec.Struct, frozen=True, gc=False):
    """A user's assignment to an app, without what only the SSO app is asked for."""

    id: str
    scope: str | None = None
    links: msgspec.Raw = msgspec.field(name="_links", default=_NOTHING)


class GroupProfile(msgspec.Struct, frozen=True, gc=False):
    """A group's name and description."""

    name: str
    description: str | None = None


class Group(msgspec.Struct, frozen=True, gc=False):
    """A group of the organization."""

    id: str
    profile: GroupProfile
    type: str = "OKTA_GROUP"
    changed: str | None = msgspec.field(name="lastMembershipUpdated", default=None)
    """When somebody last joined or left, as Okta writes it; deleting a person for good may not count."""


class App(msgspec.Struct, frozen=True, gc=False):
    """An app of the organization."""

    id: str
    label: str
    status: str
    name: str = ""


class AppGroup(msgspec.Struct, frozen=True, gc=False):
    """A group that conveys an app; the id is the group's."""

    id: str


class Cause(msgspec.Struct, frozen=True, rename="camel"):
    """A detail of an error."""

    error_summary: str = ""


class Problem(msgspec.Struct, frozen=True):
    """An error body: Okta's own form, or that of RFC 6749 at the token endpoint."""

    code: str = msgspec.field(name="errorCode", default="")
    summary: str = msgspec.field(name="errorSummary", default="")
    causes: list[Cause] = msgspec.field(name="errorCauses", default_factory=list)
    error: str = ""
    error_description: str = ""


class Token(msgspec.Struct, frozen=True):
    """The token endpoint's answer. It holds a secret: it is taken apart at once and never shown."""

    access_token: str
    token_type: str
    expires_in: int = 3600
    scope: str | None = None

    def __repr__(self) -> str:
        return f"Token(token_type={self.token_type!r}, scope={self.scope!r})"


def is_direct(assignment: AppUser | Assignment) -> bool:
    """Tell a direct assignment from one that a group conveys; where the scope is left out, a link tells."""
    if assignment.scope is not None:
        return assignment.scope != "GROUP"
    links = _LINKS.decode(assignment.links) if assignment.links else None
    return links is None or links.group is None
