"""The Plan value and its parts: what is shown is what is executed. Also the plan file's wire form.

Times that only an apply can know (a lock's expiry, a member's joined date, a list's first review) are not in a plan;
`idsync.plan.apply_times` sets them.
"""

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import msgspec

from idsync.config.source_files import SourceFile
from idsync.model.addresses import Address
from idsync.model.directory import Cause, Reason
from idsync.model.findings import EDITS, Finding, Health
from idsync.model.measures import Measures
from idsync.model.ownership import okta_id_of
from idsync.model.plain_resources import App, Role, UserGroup
from idsync.model.resources import AccessList, Lock, Membership, User

FORMAT_VERSION = "1.0"
Action = Literal["create", "update", "delete"]
Body = TypeVar("Body", User, Lock, AccessList, Role, App, UserGroup)


class ObjectChange(
    msgspec.Struct,
    Generic[Body],
    frozen=True,
    gc=False,
    omit_defaults=True,
    tag_field="kind",
    forbid_unknown_fields=True,
):
    """One object created, updated or deleted; the object's absence is None. `target` is empty for the first target.

    `before_fingerprint` is that of `before`. `reason`, `causes` and `kept` are for people: nothing is decided by them.
    """

    address: Address
    action: Action
    reason: Reason
    causes: tuple[Cause, ...]
    before: Body | None
    after: Body | None
    before_fingerprint: str | None = None
    target: str = ""
    blocked_by: tuple[str, ...] = ()


class UserChange(ObjectChange[User], frozen=True, tag="user", kw_only=True):
    """A user created, updated or deleted.

    It is `identified` where the account stays one person's whose Okta id was not known before.
    """

    identified: bool = False


class LockChange(ObjectChange[Lock], frozen=True, tag="lock", kw_only=True):
    """A lock of ours made, changed or lifted; `lifetime` is in seconds from apply, None for permanent.

    It is on a `lent` name where its person is renamed, and somebody else has the name in Okta already: it does not wait
    for the renaming, since anyone who signs in by the name reaches the account.
    """

    lifetime: int | None = None
    lent: bool = False


class AccessListChange(ObjectChange[AccessList], frozen=True, tag="access_list", kw_only=True):
    """A list created, updated or deleted, with its member changes; sorted names.

    `before` and `after` are equal when only members change. `carried` holds the details that a renamed member brings
    along; every other added member gets new ones. `kept` names what people edited and the plan leaves alone, of the
    list and of the members who stay; `edits_lost` names members removed whose expiry or reason people had set. A name
    that is both added and removed passes to another person, whose membership is a new one.
    """

    members_added: tuple[str, ...]
    members_removed: tuple[str, ...]
    carried: dict[str, Membership] = {}
    kept: tuple[str, ...] = ()
    edits_lost: tuple[str, ...] = ()

    @property
    def members_gone(self) -> tuple[str, ...]:
        """The names of those who are removed and not members any more."""
        if not self.members_added or not self.members_removed:
            return self.members_removed
        return tuple(sorted(set(self.members_removed) - set(self.members_added)))

    @property
    def members_renewed(self) -> frozenset[str]:
        """The names that stay in the list and pass to another person."""
        return frozenset(self.members_removed).intersection(self.members_added)


class PlainChange(ObjectChange[Body], frozen=True):
    """A resource without members created, updated or deleted: it is made in one step, and never split."""


class RoleChange(PlainChange[Role], frozen=True, tag="role"):
    """A role created, updated or deleted."""


class AppChange(PlainChange[App], frozen=True, tag="app"):
    """An app created, updated or deleted."""


class UserGroupChange(PlainChange[UserGroup], frozen=True, tag="user_group"):
    """A group created, updated or deleted."""


PLAIN_CHANGES: Mapping[str, type[RoleChange] | type[AppChange] | type[UserGroupChange]] = {
    "role": RoleChange,
    "app": AppChange,
    "user_group": UserGroupChange,
}
"""The changes of plain resources, by kind."""
AnyPlainChange = RoleChange | AppChange | UserGroupChange
Change = UserChange | LockChange | AccessListChange | AnyPlainChange


def newly_locks(change: LockChange) -> bool:
    """Whether somebody is locked who was not: by a new lock, or by one whose target a hand had changed."""
    if change.before is None or change.after is None:
        return change.after is not None
    return change.before.spec.target != change.after.spec.target


def passes_on(change: UserChange) -> bool:
    """Whether a name of ours goes from one person to another, by their Okta ids."""
    if change.before is None or change.after is None or change.identified:
        return False
    had, has = okta_id_of(change.before.metadata.labels), okta_id_of(change.after.metadata.labels)
    return bool(had) and had != has


class Access(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One thing that a person can use or belongs to.

    `via` are the routes by which: `user`, or access lists by name; a list that one is a member of needs none. `causes`
    are those of the route `user`; those of a list stand in the list's own change.
    """

    kind: Literal["role", "access_list", "trait", "app"]
    name: str
    title: str = ""
    via: tuple[str, ...] = ()
    origin: Literal["direct", "consequential"] = "consequential"
    causes: tuple[Cause, ...] = ()


class PersonDelta(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What one person gains and loses; `route_only` is what stays and comes another way. `locked` holds the reason.

    A renamed person is one entry, under the new name; the old name has an entry of its own for its lock. `target` is
    empty for the first target.
    """

    person: str
    gains: tuple[Access, ...]
    loses: tuple[Access, ...]
    route_only: tuple[Access, ...] = ()
    renamed_from: str | None = None
    locked: Reason | None = None
    unlocked: Reason | None = None
    target: str = ""


class GuardResult(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A limit, what it counted, and whether the plan stays within it (`blocked` when count > limit).

    `target` is empty for the first target. `released` is the reason for which a person released the guard. `kept` is
    how much it keeps back since earlier passes, until a person releases it, though the count may be within the limit.
    """

    guard: str
    count: int
    limit: int | float
    verdict: Literal["ok", "blocked"]
    target: str = ""
    released: str = ""
    kept: int = 0

    @property
    def holds(self) -> bool:
        """Whether it holds something, and nobody has released that."""
        return (self.verdict == "blocked" or self.kept > 0) and not self.released


class Counts(msgspec.Struct, frozen=True):
    """How many objects of one kind a plan creates, updates and deletes."""

    create: int = 0
    update: int = 0
    delete: int = 0


class MemberCounts(msgspec.Struct, frozen=True):
    """How many memberships a plan adds and removes."""

    add: int = 0
    remove: int = 0


class Summary(msgspec.Struct, frozen=True):
    """The counts of a plan; of plain resources, those of the kinds that it changes."""

    user: Counts
    lock: Counts
    access_list: Counts
    member: MemberCounts
    role: Counts | msgspec.UnsetType = msgspec.UNSET
    app: Counts | msgspec.UnsetType = msgspec.UNSET
    user_group: Counts | msgspec.UnsetType = msgspec.UNSET
    upstream: MemberCounts | msgspec.UnsetType = msgspec.UNSET
    """Memberships in Okta, which nothing else here counts; left out where none changes."""


class Inputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan was made from; an apply refuses another config, org or major version.

    `measures` are those of its reading, with which the next one is compared.

    `serials` are those of the targets after the first, by name; it is left out where there is one target.
    """

    config_digest: str
    snapshot_digest: str
    snapshot_taken_at: str
    target_serial: int
    org_url: str
    tool_version: str
    sanitized: bool = False
    measures: Measures = Measures()
    serials: dict[str, int] | msgspec.UnsetType = msgspec.UNSET


class Edit(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a plan changes because the configuration did: which one was applied when the plan was made.

    `before` are the files of that one and `after` those of the plan's own, in reading order; both are left out where
    the two mean the same. An apply compares them with what it finds, and goes by neither.
    """

    before_digest: str
    before: tuple[SourceFile, ...] = ()
    after: tuple[SourceFile, ...] = ()


class BothSides(msgspec.Struct, frozen=True, omit_defaults=True):
    """A list whose memberships go both ways: what it is in Okta, `group` or `app`, and how it is called there.

    `joins` and `leaves` are the people whom both sides agree on from now on, as in the list or not: their names in the
    directory by Okta id. With `untold`, Okta is still to be told who left, even where the list goes here.
    """

    kind: Literal["group", "app"]
    title: str
    joins: dict[str, str] = {}
    leaves: dict[str, str] = {}
    untold: bool = False


class Plan(msgspec.Struct, frozen=True):
    """The reviewed difference: changes in the order in which they are listed to people, by step and address.

    `digest` is over all the rest and empty until the plan is written; it stands last, so that one pass can write both.
    `requires` names what a reader must understand before it may apply the plan; it is left out where that is nothing.
    `forgets` are Okta ids of people for whom a lock that a hand lifted is made again from now on. `edit` says what the
    configuration changes since it was last applied; it is left out where none is known to have been applied.
    `both_ways` has the lists of which the directory and Okta agree on something new, by Okta id; None where one goes
    both ways no more.
    """

    format_version: str
    integration: str
    inputs: Inputs
    health: Health
    summary: Summary
    changes: tuple[Change, ...]
    access_delta: tuple[PersonDelta, ...]
    guards: tuple[GuardResult, ...]
    findings: tuple[Finding, ...]
    requires: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    forgets: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    edit: Edit | msgspec.UnsetType = msgspec.UNSET
    both_ways: dict[str, BothSides | None] | msgspec.UnsetType = msgspec.UNSET
    digest: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.changes

    @property
    def does_nothing(self) -> bool:
        """Whether an apply leaves everything as it is, the configuration in force too."""
        return self.is_empty and not any(finding.code in EDITS for finding in self.findings)


class BriefPlan(Plan, frozen=True):
    """A plan to be shown, neither written nor applied: it bears no digests.

    Of the newcomers, who gain and lose nothing, its delta describes the first ones by name; the others are counted.
    """

    more_newcomers: int = 0
