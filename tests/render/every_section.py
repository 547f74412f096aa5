"""One plan that has every section that a plan can have, and every thing that can be said of a person."""

from idsync.model.addresses import Address, access_list_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import ConfigCause, Reason, UpstreamCause
from idsync.model.findings import CONFIG_CHANGED, GUARDS_CHANGED, Finding, Health
from idsync.model.ownership import our_labels
from idsync.model.plain_resources import App, AppSpec, Role, RoleConditions, RoleSpec, UserGroup, UserGroupSpec
from idsync.model.resources import Metadata, User
from idsync.model.upstream_lists import KIND_LABEL
from idsync.plan.changes import (
    AccessListChange,
    AppChange,
    Change,
    GuardResult,
    PersonDelta,
    Plan,
    RoleChange,
    UserChange,
    UserGroupChange,
)
from idsync.plan.okta_delta import okta_delta
from idsync.plan.sections import OKTA
from tests.render.plans import (
    DEFAULT_ROLE,
    LABELS,
    ORG,
    SALES_RULE,
    belonging,
    group,
    list_change,
    lock_change,
    make_list,
    make_plan,
    make_user,
    okta_user,
    role,
    user_change,
)

GONE_RULE = ConfigCause("roles.yaml", 12, 7, "group is pilots, as applied before")
OVENS = make_list("00g4", "Ovens", ("oven",))
KITCHEN = make_list("00g5", "Kitchen", ("cook",))
GUARDS = (
    GuardResult("user_deletes", 9, 5, "blocked", released="the Berlin kitchen closed, ticket 4711"),
    GuardResult("user_locks", 2, 5, "ok"),
    GuardResult("access_losses", 7, 5, "blocked"),
    GuardResult("upstream_removals", 1, 5, "ok", target=OKTA),
    GuardResult("protected_users", 1, 0, "blocked"),
)


def every_section() -> Plan:
    """An edit that loosens a guard, Okta's changes, hands' changes and what goes to Okta, with a reading in doubt."""
    changes = (*_of_people(), *_of_lists(), *_of_resources(), _to_okta())
    delta = (*_delta(), *okta_delta(change for change in changes if change.target == OKTA))
    doubt = Finding("groups_empty", "warning", "12 groups had members in the last good reading, and none has any now.")
    return make_plan(changes, delta, GUARDS, _findings(), Health("suspect", (doubt,)))


def _passed_on(name: str, before: str, after: str) -> UserChange:
    def of(id_: str) -> User:
        return User("user", "v2", Metadata(name, labels={**LABELS, "okta/user-id": id_}), make_user(name).spec)

    return user_change(of(before), of(after), Reason.ASSIGNED)


def _of_people() -> tuple[Change, ...]:
    edit = Reason.ROLE_MAPPING_CHANGED
    held = ("access_losses",)
    return (
        lock_change("enzo@x.com", Reason.DEACTIVATED, blocked_by=("protected_users",)),
        lock_change("handed.on@x.com", Reason.UNASSIGNED),
        lock_change("longer@x.com", Reason.DRIFT),
        lock_change("back@x.com", Reason.UNSUSPENDED, lift=True),
        user_change(make_user("enzo@x.com"), None, Reason.DEACTIVATED, blocked_by=("protected_users",)),
        _passed_on("handed.on@x.com", "00u1", "00u2"),
        user_change(None, make_user("nobodys@x.com", ()), Reason.ASSIGNED),
        user_change(None, make_user("joiner@x.com"), Reason.ASSIGNED),
        user_change(make_user("labelled@x.com"), make_user("labelled@x.com"), Reason.RELABELLED),
        user_change(make_user("pilot1@x.com", ("fly",)), make_user("pilot1@x.com", ()), edit, blocked_by=held),
        user_change(make_user("pilot2@x.com", ("fly",)), make_user("pilot2@x.com", ()), edit, blocked_by=held),
        user_change(make_user("mover@x.com", ("fly",)), make_user("mover@x.com", ("sell",)), edit, blocked_by=held),
    )


def _of_lists() -> tuple[Change, ...]:
    return (
        list_change(OVENS, None, Reason.BECAME_EMPTY, removed=("walter@x.com",), blocked_by=("groups_empty",)),
        list_change(KITCHEN, make_list("00g5", "Kitchens", ("cook",)), Reason.TITLE_CHANGED),
        list_change(make_list("00g6", "Mine"), make_list("00g6", "Waiters"), Reason.DRIFT),
    )


def _of_resources() -> tuple[Change, ...]:
    about = Metadata("0oa1", labels=our_labels(ORG))
    was = Role("role", "v7", Metadata("okta-member-00g5", labels=our_labels(ORG)), RoleSpec())
    now = Role(was.kind, was.version, was.metadata, RoleSpec(allow=RoleConditions(group_labels={"team": ("kitchen",)})))
    of_group = Metadata("00g7", labels=our_labels(ORG))
    return (
        AppChange(Address("app/0oa1"), "create", Reason.IMPORTED, (), None, App("app", "v3", about, AppSpec())),
        UserGroupChange(
            Address("user_group/00g7"),
            "delete",
            Reason.DELETED_UPSTREAM,
            (),
            before := UserGroup("user_group", "v1", of_group, UserGroupSpec()),
            None,
            fingerprint(before),
        ),
        RoleChange(
            Address("role/okta-member-00g5"), "update", Reason.LABELS_CHANGED, (SALES_RULE,), was, now, fingerprint(was)
        ),
    )


def _to_okta() -> AccessListChange:
    there = make_list("00g8", "Drivers")
    labelled = there.metadata.labels | {KIND_LABEL: "group"}
    there = type(there)(there.kind, there.version, Metadata("00g8", labels=labelled), there.spec)
    causes = tuple(UpstreamCause("user", f"00u{name}", name) for name in ("driver@x.com", "rider@x.com"))
    return AccessListChange(
        access_list_address("00g8"),
        "update",
        Reason.DRIFT,
        causes,
        there,
        there,
        fingerprint(there),
        target=OKTA,
        members_added=("00udriver@x.com",),
        members_removed=("00urider@x.com",),
    )


def _delta() -> tuple[PersonDelta, ...]:
    fly = role("fly", GONE_RULE, edit=True)
    requester = role("okta-requester", DEFAULT_ROLE)
    was_requester = role("okta-requester", okta_user("handed.on@x.com"))
    return (
        PersonDelta("enzo@x.com", (), (requester,), locked=Reason.DEACTIVATED),
        PersonDelta("handed.on@x.com", (requester,), (was_requester,), locked=Reason.UNASSIGNED),
        PersonDelta("back@x.com", (), (), unlocked=Reason.UNSUSPENDED),
        PersonDelta("nobodys@x.com", (), ()),
        PersonDelta("joiner@x.com", (requester,), ()),
        PersonDelta("pilot1@x.com", (), (fly,)),
        PersonDelta("pilot2@x.com", (), (fly,)),
        PersonDelta("mover@x.com", (role("sell", SALES_RULE),), (fly,)),
        PersonDelta(
            "walter@x.com", (), (belonging("00g4", "Ovens"), role("oven", group("00g4", "Ovens"), via=("00g4",)))
        ),
        PersonDelta("twice@x.com", (), (), (role("cook", group("00g5", "Kitchen"), via=("00g5", "user")),)),
    )


def _findings() -> tuple[Finding, ...]:
    at = ConfigCause("idsync.yaml", 31, 3)
    loosened = "access_losses is loosened from the next change on: 10 % or 5 before, 50 % or 5 now."
    reused = "handed.on@x.com is the name of Okta user 00u2 now. A lock keeps the credentials of Okta user 00u1 out."
    told = "The configuration says something else than the one applied last. An apply puts it in force."
    return (
        Finding(GUARDS_CHANGED, "error", loosened, (at,)),
        Finding("protected_users", "error", "The plan would lock, delete or leave without a role: enzo@x.com.", (at,)),
        Finding("access_losses", "error", "The plan takes a role or a grant from 7 people who stay.", (at,)),
        Finding("login_reused", "warning", reused, (okta_user("handed.on@x.com"),)),
        Finding(CONFIG_CHANGED, "info", told),
        Finding("protected_touched", "info", "1 protected person is touched: enzo@x.com.", (okta_user("enzo@x.com"),)),
        Finding("owner_goes", "info", "1 owner of a list goes or is locked: enzo@x.com.", (okta_user("enzo@x.com"),)),
        Finding("list_without_owner", "info", "1 list has no owner left who exists: Kitchens (00g5)."),
        Finding("list_emptied", "info", "1 list is left without a member: Waiters (00g6)."),
        Finding(
            "membership_ends", "info", "1 membership of a person touched ends within 14 days: mover@x.com in Kitchens."
        ),
    )
