"""What SCIM pushed: users and groups as the client last left them, each under the SCIM id that it was given.

`body` is the resource as JSON, with every attribute that was pushed, and without those that the service answers for
itself (`id`, `meta`, `groups`, `members`) and without `password`. Times are RFC 3339, for people to read.

What came before what is told by numbers that the store gives in the order of its transactions: `push` is that of the
transaction in which a resource was pushed last. They count microseconds as long as its clock goes on, so that they also
say how long ago that was.
"""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

MICROSECOND = timedelta(microseconds=1)
"""By so much time the number of a push grows by one."""


class PushedUser(msgspec.Struct, frozen=True):
    """A user. `okta_id` is whom it stands for in the upstream facts; one that is not `active` is a tombstone."""

    id: str
    username: str
    okta_id: str
    external_id: str | None
    active: bool
    body: msgspec.Raw
    version: int
    created: str
    modified: str
    push: int


class PushedGroup(msgspec.Struct, frozen=True):
    """A group. `list_id` is the group that it stands for in the upstream facts."""

    id: str
    title: str
    list_id: str
    external_id: str | None
    body: msgspec.Raw
    version: int
    created: str
    modified: str
    push: int


PushedResource = PushedUser | PushedGroup


class PushMappings(msgspec.Struct, frozen=True):
    """Okta's own list of the groups that it pushes, by the SCIM ids under which it knows them here."""

    pairs: Mapping[str, str] = {}
    """The id of Okta's group by that of the pushed one; one that several groups are pushed as is nobody's."""
    named: frozenset[str] | None = None
    """The ids of all pushed groups in the list; None where it is not known, or not whole."""


class ScimToken(msgspec.Struct, frozen=True):
    """A token of the service, without the token itself: `digest` is its SHA-256."""

    id: str
    name: str
    integration: str
    digest: bytes
    created: str
    created_by: str
    ends: str | None = None
    revoked: str | None = None
    last_used: str | None = None
    last_from: str | None = None
