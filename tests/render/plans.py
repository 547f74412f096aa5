"""Plans to render, built from the structs by hand: one of each story that a reviewer meets."""

from msgspec.structs import replace

from idsync.model.addresses import access_list_address, lock_address, user_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import Cause, ConfigCause, Reason, UpstreamCause
from idsync.model.findings import Finding, Health
from idsync.model.ownership import lock_name, our_labels
from idsync.model.resources import (
    AccessList,
    AccessListSpec,
    Grants,
    Lock,
    LockSpec,
    LockTarget,
    Membership,
    Metadata,
    Owner,
    Traits,
    User,
    UserSpec,
    access_list,
    lock,
    user,
)
from idsync.plan.assemble import summarise
from idsync.plan.changes import (
    FORMAT_VERSION,
    Access,
    AccessListChange,
    Change,
    GuardResult,
    Inputs,
    LockChange,
    PersonDelta,
    Plan,
    UserChange,
)
from idsync.plan.seal import sealed
from idsync.plan.steps import in_listing_order

ORG = "https://enzos-pizza.okta.com"
LABELS = our_labels(ORG)
INPUTS = Inputs(
    config_digest="sha256:" + "c0" * 32,
    snapshot_digest="sha256:" + "5a" * 32,
    snapshot_taken_at="2026-11-22T00:00:00Z",
    target_serial=7,
    org_url=ORG,
    tool_version="0.1.0",
)
DEFAULT_ROLE = ConfigCause("idsync.yaml", 14, 22, "default role")
AWS_RULE = ConfigCause("roles.yaml", 7, 7, "group is aws-*")
SALES_RULE = ConfigCause("roles.yaml", 9, 7, "okta/department is Sales")
OK_GUARDS = tuple(
    GuardResult(name, count, limit, "ok")
    for name, count, limit in (
        ("user_deletes", 1, 5),
        ("user_locks", 3, 5),
        ("member_removals", 2, 10),
        ("access_list_deletes", 1, 3),
        ("protected_users", 0, 0),
    )
)


def make_user(name: str, roles: tuple[str, ...] = ("okta-requester",), traits: Traits | None = None) -> User:
    """A user of ours."""
    return user(Metadata(name, labels={**LABELS, "okta/user-id": "00u-" + name[:4]}), UserSpec(roles, traits or {}))


def make_lock(name: str) -> Lock:
    """A lock of ours on a user."""
    metadata = Metadata(lock_name(ORG, name), labels=LABELS)
    return lock(metadata, LockSpec(LockTarget(user=name), "Your access ended.", created_by="idsync"))


def make_list(
    name: str, title: str, roles: tuple[str, ...] = (), owners: tuple[str, ...] = ("alice@x.com",)
) -> AccessList:
    """An access list of ours."""
    spec = AccessListSpec(title, owners=tuple(Owner(owner) for owner in owners), grants=Grants(roles))
    return access_list(Metadata(name, labels=LABELS), spec)


def okta_user(name: str) -> UpstreamCause:
    """The Okta user as a cause."""
    return UpstreamCause("user", "00u-" + name[:4], name)


def group(name: str, title: str) -> UpstreamCause:
    """The Okta group as a cause."""
    return UpstreamCause("group", name, title)


def user_change(before: User | None, after: User | None, reason: Reason, **more: object) -> UserChange:
    """A change of a user."""
    name = (after or before).metadata.name  # type: ignore[union-attr]
    action = "create" if before is None else "delete" if after is None else "update"
    mark = None if before is None else fingerprint(before)
    return UserChange(user_address(name), action, reason, (okta_user(name),), before, after, mark, **more)  # type: ignore[arg-type]


def lock_change(
    name: str, reason: Reason, lifetime: int | None = 111600, *, lift: bool = False, blocked_by: tuple[str, ...] = ()
) -> LockChange:
    """A lock made or lifted."""
    there = make_lock(name)
    before, after = (there, None) if lift else (None, there)
    return LockChange(
        lock_address(there.metadata.name),
        "delete" if lift else "create",
        reason,
        (okta_user(name),),
        before,
        after,
        fingerprint(before) if before else None,
        lifetime=None if lift else lifetime,
        blocked_by=blocked_by,
    )


def list_change(
    before: AccessList | None,
    after: AccessList | None,
    reason: Reason,
    added: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
    **more: object,
) -> AccessListChange:
    """A change of a list and its members."""
    there = after or before
    assert there is not None
    causes: tuple[Cause, ...] = (group(there.metadata.name, there.spec.title),)
    return AccessListChange(
        access_list_address(there.metadata.name),
        "create" if before is None else "delete" if after is None else "update",
        reason,
        causes,
        before,
        after,
        members_added=added,
        members_removed=removed,
        before_fingerprint=None if before is None else fingerprint(before),
        **more,  # type: ignore[arg-type]
    )


def role(name: str, *causes: Cause, via: tuple[str, ...] = ("user",), edit: bool = False) -> Access:
    """A role as access."""
    return Access("role", name, via=via, origin="direct" if edit else "consequential", causes=causes)


def belonging(name: str, title: str, edit: bool = False) -> Access:
    """A list as access."""
    return Access("access_list", name, title, (), "direct" if edit else "consequential")


def make_plan(
    changes: tuple[Change, ...] = (),
    delta: tuple[PersonDelta, ...] = (),
    guards: tuple[GuardResult, ...] = OK_GUARDS,
    findings: tuple[Finding, ...] = (),
    health: Health | None = None,
    inputs: Inputs = INPUTS,
) -> Plan:
    """A plan of these parts, counted and sealed."""
    ordered = in_listing_order(changes)
    people = tuple(sorted(delta, key=lambda entry: entry.person))
    parts = (inputs, health or Health(), summarise(ordered), ordered, people, guards, findings)
    return sealed(Plan(FORMAT_VERSION, "okta", *parts))


def empty() -> Plan:
    """Nothing to do."""
    return make_plan(guards=tuple(GuardResult(found.guard, 0, found.limit, "ok") for found in OK_GUARDS))


ENGINEERING = make_list("00g1", "Engineering", ("dev",))
AWS = make_list("00g2", "aws-prod", ())
SALES = make_list("00g3", "Sales", ("crm",))
OLD = make_list("00g9", "Pizza oven pilots", ("oven",))


def a_week() -> Plan:
    """A joiner, a leaver, a mover, a rename, a suspension, one who is back, a new list, one gone, and two findings."""
    hiro, raven, mover = "hiro@enzos-pizza.com", "raven@enzos-pizza.com", "juanita@enzos-pizza.com"
    old, new = "yt@enzos-pizza.com", "yours.truly@enzos-pizza.com"
    moved_before = make_user(
        mover, ("okta-requester", "aws-prod"), {"okta/title": ("Engineer",), "okta/department": ("R&D",)}
    )
    moved_after = make_user(
        mover, ("okta-requester", "seller"), {"okta/title": ("Seller",), "okta/department": ("Sales",)}
    )
    changes: tuple[Change, ...] = (
        lock_change(raven, Reason.DEACTIVATED),
        lock_change(old, Reason.RENAMED),
        lock_change("fido@enzos-pizza.com", Reason.SUSPENDED, None),
        lock_change("ng@enzos-pizza.com", Reason.UNSUSPENDED, lift=True),
        user_change(None, make_user(hiro, ("okta-requester", "aws-prod"), {"okta/email": (hiro,)}), Reason.ASSIGNED),
        user_change(None, make_user(new), Reason.RENAMED),
        user_change(moved_before, moved_after, Reason.PROFILE_CHANGED),
        user_change(make_user(raven), None, Reason.DEACTIVATED),
        user_change(make_user(old), None, Reason.RENAMED),
        list_change(
            ENGINEERING,
            ENGINEERING,
            Reason.MEMBERSHIP_CHANGED,
            (hiro, new),
            (mover, raven, old),
            carried={new: Membership("2026-01-02T03:04:05Z", reason="on call")},
            kept=("owners",),
        ),
        list_change(None, SALES, Reason.IMPORTED, (mover,)),
        list_change(
            AWS, make_list("00g2", "AWS production", ("aws", "billing")), Reason.GROUP_RENAMED, kept=("owners", "audit")
        ),
        list_change(OLD, None, Reason.BECAME_EMPTY, (), (raven,)),
    )
    delta = (
        PersonDelta(
            hiro,
            (
                role("okta-requester", DEFAULT_ROLE),
                role("aws-prod", group("00g2", "aws-prod"), AWS_RULE),
                role("dev", group("00g1", "Engineering"), via=("00g1",)),
                belonging("00g1", "Engineering"),
            ),
            (),
        ),
        PersonDelta(
            raven,
            (),
            (
                role("okta-requester", okta_user(raven)),
                role("dev", group("00g1", "Engineering"), via=("00g1",)),
                role("oven", group("00g9", "Pizza oven pilots"), via=("00g9",)),
                belonging("00g1", "Engineering"),
                belonging("00g9", "Pizza oven pilots"),
            ),
            locked=Reason.DEACTIVATED,
        ),
        PersonDelta(
            mover,
            (
                role("seller", SALES_RULE),
                role("crm", group("00g3", "Sales"), via=("00g3",)),
                belonging("00g3", "Sales", True),
            ),
            (
                role("aws-prod", okta_user(mover)),
                role("dev", group("00g1", "Engineering"), via=("00g1",)),
                belonging("00g1", "Engineering"),
            ),
        ),
        PersonDelta(new, (), (), renamed_from=old),
        PersonDelta(old, (), (), locked=Reason.RENAMED),
        PersonDelta("fido@enzos-pizza.com", (), (), locked=Reason.SUSPENDED),
        PersonDelta("ng@enzos-pizza.com", (), (), unlocked=Reason.UNSUSPENDED),
        PersonDelta(
            "lagos@enzos-pizza.com",
            (role("aws", group("00g2", "AWS production"), via=("00g2",), edit=True),),
            (),
            (role("billing", group("00g2", "AWS production"), via=("00g2", "user")),),
        ),
        PersonDelta("vic@enzos-pizza.com", (), (), (role("billing", group("00g2", "AWS production"), via=("00g2",)),)),
    )
    findings = (
        Finding(
            "user_conflict",
            "error",
            "A user root exists that is not ours; it is left as it is. "
            "Rename or remove it, or name it in users.adopt to take it over.",
            (okta_user("root"),),
        ),
        Finding(
            "case_mismatch",
            "warning",
            "department engineering matches 'Engineering' only if upper and lower case count as the same, "
            "which they do not.",
            (SALES_RULE,),
        ),
    )
    return make_plan(changes, delta, findings=findings)


def mass_leaving(people: int = 12) -> Plan:
    """More leavers than a guard lets through."""
    names = [f"person{number:06d}@enzos-pizza.com" for number in range(people)]
    changes: list[Change] = [lock_change(name, Reason.UNASSIGNED) for name in names]
    changes += [user_change(make_user(name), None, Reason.UNASSIGNED) for name in names]
    changes.append(list_change(ENGINEERING, ENGINEERING, Reason.MEMBERSHIP_CHANGED, (), tuple(names), kept=("owners",)))
    delta = tuple(
        PersonDelta(
            name,
            (),
            (role("okta-requester", okta_user(name)), belonging("00g1", "Engineering")),
            locked=Reason.UNASSIGNED,
        )
        for name in names
    )
    guards = (
        GuardResult("user_deletes", people, 5, "blocked"),
        GuardResult("user_locks", people, 5, "blocked"),
        GuardResult("member_removals", 0, 10.5, "ok"),
    )
    findings = tuple(
        Finding(
            code, "error", f"The plan makes {people} {what}; the limit is 5. To go ahead: apply --allow {code}=REASON."
        )
        for code, what in (("user_deletes", "user deletions"), ("user_locks", "user locks"))
    )
    return make_plan(tuple(changes), delta, guards, findings)


def bad_read() -> Plan:
    """A snapshot that shrank: what takes access is held back, what gives it is not."""
    codes = ("source_shrink",)
    joiner, leaver = "hiro@enzos-pizza.com", "raven@enzos-pizza.com"
    changes = (
        replace(lock_change(leaver, Reason.UNASSIGNED), blocked_by=codes),
        user_change(None, make_user(joiner), Reason.ASSIGNED),
        user_change(make_user(leaver), None, Reason.UNASSIGNED, blocked_by=codes),
        list_change(ENGINEERING, ENGINEERING, Reason.MEMBERSHIP_CHANGED, (joiner,), (leaver,), blocked_by=codes),
    )
    delta = (
        PersonDelta(joiner, (role("okta-requester", DEFAULT_ROLE), belonging("00g1", "Engineering")), ()),
        PersonDelta(leaver, (), (belonging("00g1", "Engineering"),), locked=Reason.UNASSIGNED),
    )
    message = (
        "40 people have the app, 60 fewer than the 100 of the last apply; at most 30 may go missing between two reads."
    )
    return make_plan(changes, delta, health=Health("suspect", (Finding("source_shrink", "error", message),)))


HOSTILE = (
    "`</code>`|@acme/admins <!-- --> [x](javascript:alert(1)) ![i](https://evil.example/p.png)\n"
    "# heading\r\x1b[2J\x1b]0;title\x07\u202egnp.exe\u200b\u2066 #1 "
    "GH-2 www.evil.example <img src=x onerror=alert(1)> ```"
)


def hostile() -> Plan:
    """Names that try to be markup, commands and other people."""
    name = HOSTILE
    rule = ConfigCause("@team/rôles`.yaml", 3, 1, HOSTILE)
    there = make_list("00g1", HOSTILE, (HOSTILE,), (HOSTILE,))
    changes = (
        lock_change(name, Reason.UNASSIGNED),
        user_change(make_user(name), None, Reason.UNASSIGNED),
        user_change(None, make_user("é" + name, (HOSTILE,)), Reason.ASSIGNED),
        user_change(
            make_user("e\u0301", ("a",), {HOSTILE: ("a",)}),
            make_user("e\u0301", (HOSTILE,), {HOSTILE: (HOSTILE,)}),
            Reason.DRIFT,
        ),
        list_change(
            there, make_list("00g1", "x" * 10_000), Reason.GROUP_RENAMED, (name,), (name + "2",), kept=(HOSTILE,)
        ),
    )
    delta = (
        PersonDelta(
            name,
            (),
            (role(HOSTILE, rule, group(HOSTILE, HOSTILE)), belonging("00g1", HOSTILE)),
            locked=Reason.UNASSIGNED,
        ),
        PersonDelta("é" + name, (role(HOSTILE, rule, via=(HOSTILE,)),), (), renamed_from=HOSTILE + "old"),
    )
    finding = Finding("conflict", "error", f"The user {HOSTILE} exists.", (rule,))
    return make_plan(changes, delta, findings=(finding,))


def every_section() -> Plan:
    """Every section that a plan can have."""
    from tests.render.every_section import every_section

    return every_section()


STORIES = {
    "empty": empty,
    "a_week": a_week,
    "mass_leaving": mass_leaving,
    "bad_read": bad_read,
    "hostile": hostile,
    "every_section": every_section,
}
