"""Upstream facts in Okta's terms: one consistent reading of users, groups, apps and assignments.

These structs are also the snapshot file's wire form (`schemas/snapshot.v1.schema.json`).
Profiles and member lists stay raw JSON until someone needs them: a plan with few changes opens few of them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from itertools import islice
from operator import lt
from typing import Any, Literal, TypeVar

import msgspec

from idsync.errors import SnapshotError
from idsync.model.canonical import canonical_bytes

FORMAT_VERSION = "1.0"
ACCESS_STATUSES = frozenset({"ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"})
OUT_STATUSES = frozenset({"STAGED", "DEPROVISIONED"})
SUSPENDED = "SUSPENDED"
OUT_BY_ITSELF = frozenset({"DEPROVISIONED", SUSPENDED})
"""Statuses that only a person's own record has: a listing that was cut short cannot show them."""
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
        """The merged profile; raises SnapshotError when it is not a JSON object."""
        try:
            return _PROFILE.decode(self.profile)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _unreadable(f"The profile of user {self.id}", error) from error


class IdentityGroup(msgspec.Struct, frozen=True, gc=False):
    """A group; `members` are ids of Okta users, deactivated ones and people without the app included.

    `last_membership_updated` is when Okta last saw somebody join or leave it, where Okta said so: it belongs to
    the reading, not to the group.
    """

    id: str
    name: str
    members: msgspec.Raw
    description: str = ""
    type: str = "OKTA_GROUP"
    last_membership_updated: str | msgspec.UnsetType = msgspec.UNSET

    def member_ids(self) -> list[str]:
        """Okta ids of the members; raises SnapshotError when it is not a list of strings."""
        return _decode_ids(self.members, f"The list of members of group {self.id}")


class IdentityApp(msgspec.Struct, frozen=True, gc=False):
    """An app; `users` are direct assignments only, `groups` the groups that convey it."""

    id: str
    label: str
    users: msgspec.Raw
    name: str = ""
    status: str = "ACTIVE"
    groups: list[str] = []

    def user_ids(self) -> list[str]:
        """Okta ids of the directly assigned users; raises SnapshotError when it is not a list of strings."""
        return _decode_ids(self.users, f"The list of users of app {self.id}")


BUILT_IN = "BUILT_IN"
EVERYONE = "Everyone"


def is_everyone(type: str, name: str) -> bool:
    """Whether a group of this type and name is Okta's built-in one of everybody."""
    return type == BUILT_IN and name == EVERYONE


IdentityKind = Literal["user", "group", "app"]


class LeftAsIs(msgspec.Struct, frozen=True, gc=False):
    """A person, group or app of which a reading says nothing that can be used: the directory keeps it as it is.

    `code` is the finding that says so. Without an `id`, the row may be about anybody, or any list, that is absent.
    `why` repeats no value of the row.
    """

    kind: IdentityKind
    id: str
    why: str
    code: Literal["unreadable", "passed_over"] = "unreadable"
    name: str = ""


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
    kept_attributes: list[str] | None = None
    """Of a sanitized snapshot: the profile attributes of which every value stayed; None where that is not known."""
    unassigned: dict[str, str] = {}
    """Status, by Okta id, of people seen upstream who lack the app; `DELETED` where Okta no longer knows the id."""
    left_as_is: list[LeftAsIs] = []
    """Rows that could not be read, and groups and apps whose reading is not believed."""

    def digest_as_listed(self) -> str:
        """Digest of the facts as this reading lists them, without `taken_at`: quicker, as nothing is brought in order.

        Equal digests mean equal facts; the same facts in another order or layout have another one.
        """
        hashed = sha256(canonical_bytes((self.org_url, self.app_id, self.complete, self.unassigned, self.left_as_is)))
        for items in (self.users, self.groups, self.apps):
            for start in range(0, len(items), _PIECE):
                hashed.update(canonical_bytes(items[start : start + _PIECE]))
        return f"sha256:{hashed.hexdigest()}"

    def digest(self) -> str:
        """Digest of the facts, whatever the order and layout in which they were listed, without `taken_at`."""
        hashed = sha256(canonical_bytes((self.org_url, self.app_id, self.complete, self.unassigned)))
        if self.left_as_is:
            hashed.update(canonical_bytes(sorted((row.kind, row.id, row.code, row.name) for row in self.left_as_is)))
        for users in _pieces(self.users):
            facts = [(user.id, user.username, user.status, user.scope) for user in users]
            profiles = _decoded_together([user.profile for user in users], _PROFILES)
            hashed.update(canonical_bytes((facts, profiles)))
        for groups in _pieces(self.groups):
            named = [(group.id, group.name, group.description, group.type) for group in groups]
            hashed.update(canonical_bytes((named, _sets([group.members for group in groups]))))
        for apps in _pieces(self.apps):
            labelled = [(app.id, app.label, app.name, app.status, sorted(set(app.groups))) for app in apps]
            hashed.update(canonical_bytes((labelled, _sets([app.users for app in apps]))))
        return f"sha256:{hashed.hexdigest()}"


def still_left(
    before: Iterable[LeftAsIs], snapshot: Snapshot, users: Collection[str], lists: Collection[str]
) -> list[LeftAsIs]:
    """What is left as it is after a reading of these people and lists: what it left, and what it did not look at."""
    read = {*snapshot.unassigned, *(user.id for user in snapshot.users), *(group.id for group in snapshot.groups)}
    seen = read.union(users, lists, (app.id for app in snapshot.apps))
    rows = {*snapshot.left_as_is, *(row for row in before if row.id not in seen)}
    return sorted(rows, key=lambda row: (row.kind, row.id, row.why))


def without_left(snapshot: Snapshot) -> Snapshot:
    """A snapshot as if what it leaves as it is were not known at all, which is how a whole reading has it."""
    left = {row.id for row in snapshot.left_as_is if row.id}
    if not left:
        return snapshot
    return msgspec.structs.replace(
        snapshot,
        users=[user for user in snapshot.users if user.id not in left],
        groups=[group for group in snapshot.groups if group.id not in left],
        apps=[app for app in snapshot.apps if app.id not in left],
        unassigned={user: status for user, status in snapshot.unassigned.items() if user not in left},
    )


def attributes_of(users: Sequence[IdentityUser]) -> Iterator[dict[str, ProfileValue]]:
    """The merged profiles of many users, in their order, decoded many at once; raises SnapshotError."""
    for start in range(0, len(users), _PIECE):
        piece = users[start : start + _PIECE]
        try:
            yield from _PROFILES.decode(b"[" + b",".join([user.profile for user in piece]) + b"]")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            yield from [user.attributes() for user in piece]  # says whose is at fault


_Item = TypeVar("_Item", IdentityUser, IdentityGroup, IdentityApp)
_Part = TypeVar("_Part")
_PROFILES = msgspec.json.Decoder(list[dict[str, ProfileValue]])
_ID_LISTS = msgspec.json.Decoder(list[list[str]])
_PIECE = 1000


def _pieces(items: list[_Item]) -> Iterator[list[_Item]]:
    """The items by id, in pieces small enough to stay in the processor's cache."""
    ordered = sorted(items, key=_id_of)
    return (ordered[start : start + _PIECE] for start in range(0, len(ordered), _PIECE))


def _id_of(item: IdentityUser | IdentityGroup | IdentityApp) -> str:
    return item.id


def _decoded_together(raws: list[msgspec.Raw], decoder: msgspec.json.Decoder[list[_Part]]) -> list[_Part]:
    """Many raw values in one decode."""
    try:
        return decoder.decode(b"[" + b",".join(raws) + b"]")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable("The snapshot", error) from error


def _sets(raws: list[msgspec.Raw]) -> list[list[str]]:
    return [_set(ids) for ids in _decoded_together(raws, _ID_LISTS)]


def _set(ids: list[str]) -> list[str]:
    """The ids in order, each once, as nearly every list has them but for the order."""
    ids.sort()
    return ids if all(map(lt, ids, islice(ids, 1, None))) else sorted(set(ids))


def _decode_ids(raw: msgspec.Raw, what: str) -> list[str]:
    try:
        return _IDS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(what, error) from error


def _unreadable(what: str, error: Exception) -> SnapshotError:
    return SnapshotError(
        f"{what} cannot be read.",
        why=f"{error}.",
        fix="Fix it in Okta, or write the snapshot again with `idsync snapshot`.",
    )


def raw_json(value: Any) -> msgspec.Raw:
    """`value` as raw canonical JSON, for building snapshots."""
    return msgspec.Raw(canonical_bytes(value))
