"""Upstream facts in Okta's terms: one consistent reading of users, groups, apps and assignments.

These structs are also the snapshot file's wire form (`schemas/snapshot.v1.schema.json`).
Profiles and member lists stay raw JSON until someone needs them: a plan with few changes opens few of them.
"""

from typing import Any, Literal

import msgspec

from idsync.errors import SnapshotError
from idsync.model.canonical import canonical_bytes, digest_bytes

FORMAT_VERSION = "1.0"
ACCESS_STATUSES = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"})
OUT_STATUSES = frozenset({"STAGED", "DEPROVISIONED"})
SUSPENDED = "SUSPENDED"
DELETED = "DELETED"

ProfileValue = str | int | float | bool | list[Any] | dict[str, Any] | None
_PROFILE = msgspec.json.Decoder(dict[str, ProfileValue])
_IDS = msgspec.json.Decoder(list[str])


class IdentityUser(msgspec.Struct, frozen=True, gc=False):
    """A user assigned to the SSO app, with the app user's and the user's profile merged (the app user's wins)."""

    id: str
    username: str
    status: str
    profile: msgspec.Raw
    scope: Literal["USER", "GROUP"] = "USER"

    def attributes(self) -> dict[str, ProfileValue]:
        """The merged profile; raises SnapshotError when it is no JSON object."""
        try:
            return _PROFILE.decode(self.profile)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SnapshotError(f"user {self.id}: profile: {error}") from error


class IdentityGroup(msgspec.Struct, frozen=True, gc=False):
    """A group; `members` are ids of Okta users, deactivated ones and people without the app included."""

    id: str
    name: str
    members: msgspec.Raw
    description: str = ""
    type: str = "OKTA_GROUP"

    def member_ids(self) -> list[str]:
        """Okta ids of the members; raises SnapshotError when it is no list of strings."""
        return _decode_ids(self.members, f"group {self.id}: members")


class IdentityApp(msgspec.Struct, frozen=True, gc=False):
    """An app; `users` are direct assignments only, `groups` the groups that convey it."""

    id: str
    label: str
    users: msgspec.Raw
    name: str = ""
    status: str = "ACTIVE"
    groups: list[str] = []

    def user_ids(self) -> list[str]:
        """Okta ids of the directly assigned users; raises SnapshotError when it is no list of strings."""
        return _decode_ids(self.users, f"app {self.id}: users")


class Snapshot(msgspec.Struct, frozen=True):
    """One reading of a source. `complete` is false when any page chain broke off; `sanitized` ones never apply."""

    format_version: str
    org_url: str
    app_id: str
    taken_at: str
    complete: bool
    users: list[IdentityUser]
    groups: list[IdentityGroup]
    apps: list[IdentityApp]
    app_label: str = ""
    sanitized: bool = False
    unassigned: dict[str, str] = {}
    """Status, by Okta id, of people seen upstream who lack the app; `DELETED` where Okta no longer knows the id."""

    def digest(self) -> str:
        """Digest of the facts, whatever the order and layout in which they were listed, without `taken_at`."""
        return digest_bytes(canonical_bytes(self.canonical_facts()))

    def canonical_facts(self) -> dict[str, Any]:
        """The facts with every list sorted by id and every raw part decoded; what `digest` covers."""
        return {
            "org_url": self.org_url,
            "app_id": self.app_id,
            "complete": self.complete,
            "users": sorted((u.id, u.username, u.status, u.scope, canonical_bytes(u.attributes())) for u in self.users),
            "groups": sorted((g.id, g.name, g.description, g.type, sorted(set(g.member_ids()))) for g in self.groups),
            "apps": sorted(
                (a.id, a.label, a.name, a.status, sorted(set(a.user_ids())), sorted(a.groups)) for a in self.apps
            ),
            "unassigned": self.unassigned,
        }


def _decode_ids(raw: msgspec.Raw, where: str) -> list[str]:
    try:
        return _IDS.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SnapshotError(f"{where}: {error}") from error


def raw_json(value: Any) -> msgspec.Raw:
    """`value` as raw canonical JSON, for building snapshots."""
    return msgspec.Raw(canonical_bytes(value))
