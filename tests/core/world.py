"""A small language for tests of the core: an organization, a configuration, a directory, and a planning pass over them.

People have the Okta id `00u-NAME`, groups `00g-NAME` and apps `0oa-NAME` unless a test says otherwise.
"""

import datetime as dt
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from idsync.config.loader import load
from idsync.config.settings import Settings
from idsync.model.addresses import Address, split_address
from idsync.model.directory import DirectoryState, LastApply, Names
from idsync.model.directory_index import DirectoryIndex, edited_within
from idsync.model.extent import Reading
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot, raw_json
from idsync.model.ownership import USER_ID_LABEL, lock_name, our_labels
from idsync.model.resources import (
    AccessList,
    AccessListSpec,
    Lock,
    LockSpec,
    LockTarget,
    Membership,
    Metadata,
    Owner,
    User,
    UserSpec,
)
from idsync.model.resources import access_list as access_list_resource
from idsync.model.resources import lock as lock_resource
from idsync.model.resources import user as user_resource
from idsync.plan.changes import AccessListChange, Change, LockChange, PersonDelta, Plan, UserChange
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planned import Planned
from idsync.reconcile.planning import make_plan
from idsync.targets.given import GivenDirectory

ORG = "https://enzos-pizza.okta.com"
APP = "0oa-teleport"
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
NOTHING = DirectoryState()

replace = msgspec.structs.replace


# The organization


def person(
    name: str,
    status: str = "ACTIVE",
    *,
    id: str | None = None,
    within: Literal["USER", "GROUP"] = "USER",
    **profile: Any,
) -> IdentityUser:
    """Someone assigned to the app; keywords are profile attributes."""
    return IdentityUser(id or f"00u-{name}", name, status, raw_json(profile), within)


def group(
    name: str, *members: str, id: str | None = None, type: str = "OKTA_GROUP", description: str = ""
) -> IdentityGroup:
    """A group of people, named by what follows `00u-` in their ids."""
    return IdentityGroup(id or f"00g-{name}", name, _ids(members), description, type)


def app(
    label: str, *users: str, id: str | None = None, status: str = "ACTIVE", groups: Iterable[str] = ()
) -> IdentityApp:
    """An app with its direct assignments."""
    return IdentityApp(id or f"0oa-{label}", label, _ids(users), label.lower(), status, list(groups))


def okta(
    *things: IdentityUser | IdentityGroup | IdentityApp,
    complete: bool = True,
    unassigned: Mapping[str, str] | None = None,
    org_url: str = ORG,
    app_id: str = APP,
    app_label: str = "",
) -> Snapshot:
    """A snapshot of an organization; `unassigned` gives the status of people who lack the app, by name."""
    return Snapshot(
        "1.0",
        org_url,
        app_id,
        "2026-11-22T00:00:00Z",
        complete,
        [thing for thing in things if isinstance(thing, IdentityUser)],
        [thing for thing in things if isinstance(thing, IdentityGroup)],
        [thing for thing in things if isinstance(thing, IdentityApp)],
        app_label=app_label,
        unassigned={f"00u-{name}": status for name, status in (unassigned or {}).items()},
    )


def _ids(names: Iterable[str]) -> msgspec.Raw:
    return raw_json([f"00u-{name}" for name in names])


# The configuration

INTEGRATION = f"""
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {ORG}
  app: {{id: {APP}}}
  source: {{snapshot: {{path: snapshot.json}}}}
"""
_OWNERS = "apiVersion: idsync/v1\nkind: DefaultOwners\nspec: {owners: [olga]}\n"


@cache
def config(*documents: str, spec: str = "", integration: str = INTEGRATION) -> Settings:
    """Settings from YAML: `spec` holds more lines of the Integration, each document is `Kind: {spec}`."""
    parts = [integration + "".join(f"  {line}\n" for line in spec.strip().splitlines()), _OWNERS]
    for document in documents:
        kind, _, body = document.partition(":")
        parts.append(f"apiVersion: idsync/v1\nkind: {kind.strip()}\nspec:{body.rstrip()}\n")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "idsync.yaml").write_text("---\n".join(parts))
        loaded = load(Path(folder))
    assert loaded.settings is not None, "\n".join(map(str, loaded.diagnostics))
    return loaded.settings


PLAIN = config()


# Planning


class Directory(GivenDirectory):
    """A state in memory, with the addresses that people edited since the last apply."""

    def __init__(self, state: DirectoryState, edited: Iterable[str] = ()) -> None:
        super().__init__(state)
        self._edited = frozenset(Address(address) for address in edited)

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """The state in brief."""
        edited = self._edited if within is None else edited_within(self._edited, within)
        return replace(super().index(org_url, within), edited=edited)


def planned(
    snapshot: Snapshot,
    state: DirectoryState = NOTHING,
    settings: Settings = PLAIN,
    *,
    now: dt.datetime = NOW,
    last: LastApply | None = None,
    edited: Iterable[str] = (),
) -> Planned:
    """One planning pass."""
    return make_plan(settings, Reading(snapshot), Directory(state, edited), PlanOptions(now=now, last=last))


def plan(
    snapshot: Snapshot,
    state: DirectoryState = NOTHING,
    settings: Settings = PLAIN,
    *,
    now: dt.datetime = NOW,
    last: LastApply | None = None,
    edited: Iterable[str] = (),
) -> Plan:
    """The plan of one planning pass."""
    return planned(snapshot, state, settings, now=now, last=last, edited=edited).plan


# Reading a plan


def lines(made: Plan) -> list[str]:
    """The changes in brief: action, kind and name (of a lock: whom it locks), reason, members."""
    return [_line(change) for change in made.changes]


def _line(change: Change) -> str:
    kind, name = split_address(change.address)
    members = ""
    if isinstance(change, LockChange):
        body = change.after or change.before
        name = (body and body.spec.target.user) or ""
    if isinstance(change, AccessListChange):
        name = name.removeprefix("00g-")
        members = "".join(
            [*(f" +{who}" for who in change.members_added), *(f" -{who}" for who in change.members_removed)]
        )
    return f"{change.action} {kind} {name}: {change.reason}{members}"


def user_change(made: Plan, name: str) -> UserChange:
    """The change of one user."""
    return next(item for item in made.changes if isinstance(item, UserChange) and item.address == f"user/{name}")


def lock_change(made: Plan, name: str) -> LockChange:
    """The change of our lock on one user."""
    address = f"lock/{lock_name(ORG, name)}"
    return next(item for item in made.changes if isinstance(item, LockChange) and item.address == address)


def list_change(made: Plan, name: str) -> AccessListChange:
    """The change of one list, by its full name or that of its group."""
    wanted = {f"access_list/{name}", f"access_list/00g-{name}"}
    return next(item for item in made.changes if isinstance(item, AccessListChange) and item.address in wanted)


def delta_of(made: Plan, name: str) -> PersonDelta:
    """What one person gains and loses."""
    return next(item for item in made.access_delta if item.person == name)


def codes(made: Plan) -> list[str]:
    """The codes of all findings, those of the snapshot's health first; without what is only good to know."""
    return [finding.code for finding in (*made.health.findings, *made.findings) if finding.severity != "info"]


def blocked(made: Plan) -> dict[str, tuple[str, ...]]:
    """What holds each change back, for those that are held back."""
    return {_line(change): change.blocked_by for change in made.changes if change.blocked_by}


# Other people's hands on the directory


def with_user(state: DirectoryState, user: User) -> DirectoryState:
    """The state with a user created or replaced."""
    return replace(state, users={**state.users, user.metadata.name: user})


def with_lock(state: DirectoryState, lock: Lock) -> DirectoryState:
    """The state with a lock created or replaced."""
    return replace(state, locks={**state.locks, lock.metadata.name: lock})


def with_list(state: DirectoryState, item: AccessList, *members: str) -> DirectoryState:
    """The state with a list created or replaced; without `members` it keeps those it had."""
    name = item.metadata.name
    entries = {who: Membership() for who in members} or state.members.get(name, {})
    return replace(state, access_lists={**state.access_lists, name: item}, members={**state.members, name: entries})


def with_member(state: DirectoryState, list_name: str, name: str, membership: Membership | None) -> DirectoryState:
    """The state with one membership put, or removed (None)."""
    entries = dict(state.members[list_name])
    entries.pop(name, None)
    if membership is not None:
        entries[name] = membership
    return replace(state, members={**state.members, list_name: entries})


def without_user(state: DirectoryState, name: str) -> DirectoryState:
    """The state after somebody removed a user."""
    return replace(state, users={key: user for key, user in state.users.items() if key != name})


def edited_user(state: DirectoryState, name: str, **fields: Any) -> DirectoryState:
    """The state with fields of a user's spec changed."""
    user = state.users[name]
    return with_user(state, replace(user, spec=replace(user.spec, **fields)))


def edited_list(state: DirectoryState, name: str, **fields: Any) -> DirectoryState:
    """The state with fields of a list's spec changed."""
    item = state.access_lists[name]
    return with_list(state, replace(item, spec=replace(item.spec, **fields)))


def foreign_user(name: str, labels: Mapping[str, str] | None = None, **spec: Any) -> User:
    """A user that somebody made by hand."""
    return user_resource(Metadata(name, labels=dict(labels or {})), UserSpec(**spec))


def foreign_list(name: str, labels: Mapping[str, str] | None = None, **spec: Any) -> AccessList:
    """A list that somebody made by hand, owned by zoe."""
    spec = {"title": "By hand", "owners": (Owner("zoe"),), **spec}
    return access_list_resource(Metadata(name, labels=dict(labels or {})), AccessListSpec(**spec))


def lock_on(name: str, *, ours: bool = False, called: str = "", expires: str | None = None) -> Lock:
    """A lock on somebody, made by hand or by us."""
    labels = {**our_labels(ORG), USER_ID_LABEL: f"00u-{name}"} if ours else {}
    spec = LockSpec(LockTarget(user=name), "by hand", expires, created_by="idsync" if ours else "admin")
    return lock_resource(Metadata(called or (lock_name(ORG, name) if ours else f"hand-{name}"), labels=labels), spec)
