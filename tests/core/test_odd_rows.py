"""Rows that cannot be read: each is one finding, what the directory has of it stays, and everything else goes on."""

from msgspec import Raw
from msgspec.structs import replace

from idsync.model.directory import DirectoryState, LastApply
from idsync.model.identity import IdentityUser, LeftAsIs, Snapshot
from idsync.model.measures import Measures, OddRow, Seen
from idsync.plan.health import judge
from tests.core.replay import applied
from tests.core.world import NOTHING, PLAIN, app, codes, config, group, lines, okta, person, plan, planned, user_change

ROLES = config('RoleMapping: {rules: [{group: "aws-*", roles: ["aws-$1"]}]}')


def leaving(snapshot: Snapshot, *rows: LeftAsIs) -> Snapshot:
    return replace(snapshot, left_as_is=list(rows))


def settled(snapshot: Snapshot) -> tuple[DirectoryState, LastApply]:
    made = planned(snapshot, NOTHING, ROLES)
    return applied(NOTHING, made.plan), made.last_apply


FIRST = okta(
    person("ann", team="red"),
    person("ben"),
    person("cid"),
    group("eng", "ann", "ben"),
    group("aws-prod", "ann", "ben"),
    app("Wiki", "ann", "cid"),
)
STATE, LAST = settled(FIRST)


def test_r13_a_person_who_cannot_be_read_keeps_account_roles_and_lists_and_the_others_go_on() -> None:
    rest = okta(
        person("ben", team="blue"),
        group("eng", "ben"),
        group("aws-prod", "ben"),
        app("Wiki"),
        unassigned={"cid": "DEPROVISIONED"},
    )
    made = plan(leaving(rest, LeftAsIs("user", "00u-ann", "has no name")), STATE, ROLES, last=LAST)
    assert "unreadable" in codes(made)
    assert lines(made) == [
        "create lock cid: deactivated",
        "update user ben: profile_changed",
        "update access_list 0oa-Wiki: membership_changed -cid",
        "delete user cid: deactivated",
    ]


def test_r13_nobody_else_gets_the_name_of_a_person_who_cannot_be_read() -> None:
    odd = LeftAsIs("user", "00u-ann", "holds a number out of range in profile.n", name="ann")
    other = okta(person("ann", id="00u-new"), person("ben"), person("cid"), *FIRST.groups, *FIRST.apps)
    made = plan(leaving(other, odd), STATE, ROLES, last=LAST)
    assert sorted(codes(made)) == ["name_taken", "unreadable"]
    assert made.is_empty


def test_r13_where_not_even_the_id_can_be_read_nobody_who_is_absent_is_taken_for_gone() -> None:
    rest = okta(person("ben"), *FIRST.groups, *FIRST.apps, unassigned={"cid": "SUSPENDED"})
    made = plan(leaving(rest, LeftAsIs("user", "", "has an id that cannot be used")), STATE, ROLES, last=LAST)
    assert [line for line in lines(made) if "ann" in line] == []
    assert "create lock cid: unassigned" in lines(made)


def test_r13_a_group_that_cannot_be_read_keeps_its_list_and_the_roles_that_it_gives() -> None:
    rest = okta(*FIRST.users[:1], person("ben", title="cook"), *FIRST.apps)
    rows = [LeftAsIs("group", "00g-eng", "has no name"), LeftAsIs("group", "00g-aws-prod", "has no name")]
    made = plan(leaving(rest, *rows), STATE, ROLES, last=LAST)
    assert codes(made).count("unreadable") == 2
    # cid is gone, and nothing else is taken: ben has his new trait and the role of the group.
    assert lines(made) == [
        "create lock cid: unassigned",
        "update user ben: profile_changed",
        "update access_list 0oa-Wiki: membership_changed -cid",
        "delete user cid: unassigned",
    ]
    after = user_change(made, "ben").after
    assert after is not None
    assert "aws-prod" in after.spec.roles


def test_r13_members_of_such_a_list_who_leave_leave_it_and_the_list_stays() -> None:
    rest = okta(person("ben"), person("cid"), FIRST.groups[1], *FIRST.apps)
    made = plan(leaving(rest, LeftAsIs("group", "00g-eng", "x", name="eng")), STATE, ROLES, last=LAST)
    assert "update access_list eng: membership_changed -ann" in lines(made)


def test_r13_a_group_that_is_read_again_goes_on_where_it_was() -> None:
    rest = okta(*FIRST.users, *FIRST.apps)
    rows = [LeftAsIs("group", "00g-eng", "x"), LeftAsIs("group", "00g-aws-prod", "x", name="aws-prod")]
    meanwhile = planned(leaving(rest, *rows), STATE, ROLES, last=LAST)
    assert meanwhile.plan.is_empty
    without = okta(*FIRST.users, FIRST.groups[0], group("aws-prod", "ann"), *FIRST.apps)
    made = plan(without, STATE, ROLES, last=LAST)
    assert lines(made) == [
        "update user ben: membership_changed",
        "update access_list aws-prod: membership_changed -ben",
    ]


def test_r13_a_profile_that_was_never_opened_before_is_found_when_it_is() -> None:
    odd = IdentityUser("00u-ann", "ann", "ACTIVE", Raw(b'{"team":"red","n":1e999}'))
    listed = okta(odd, person("ben"), person("dora"), person("cid"), *FIRST.groups, *FIRST.apps)
    made = plan(listed, STATE, ROLES, last=LAST)
    assert codes(made) == ["unreadable"]
    assert "number out of range in profile.n" in made.findings[0].message
    assert lines(made) == ["create user dora: assigned"]


def test_r13_members_of_another_shape_leave_the_group_alone() -> None:
    odd = replace(FIRST.groups[0], members=Raw(b'["00u-ann",7]'))
    made = plan(okta(*FIRST.users, odd, FIRST.groups[1], *FIRST.apps), STATE, ROLES, last=LAST)
    assert codes(made) == ["unreadable"]
    assert made.is_empty


def test_very_many_odd_rows_are_named_and_then_counted() -> None:
    rows = [LeftAsIs("user", f"00u-{number}", "has no name") for number in range(70)]
    made = plan(leaving(okta(person("ann")), *rows), settings=PLAIN)
    assert codes(made).count("unreadable") == 51
    assert any("20 more users" in finding.message for finding in made.findings)


def many(odd: int, kind: str = "user") -> Snapshot:
    """A hundred people and a hundred groups, so many of one kind odd."""
    people = [person(f"p{number:03}") for number in range(100)]
    groups = [group(f"g{number:03}", f"p{number:03}") for number in range(100)]
    rows: list[LeftAsIs] = []
    if kind == "user":
        rows = [LeftAsIs("user", each.id, "has no name") for each in people[:odd]]
        people = people[odd:]
    else:
        rows = [LeftAsIs("group", each.id, "has no name") for each in groups[:odd]]
        groups = groups[odd:]
    return leaving(okta(*people, *groups), *rows)


def test_r28_five_odd_rows_that_could_be_read_before_are_a_doubt_and_four_are_none() -> None:
    for kind in ("user", "group"):
        made = planned(many(0), NOTHING, ROLES)
        state, last = applied(NOTHING, made.plan), made.last_apply
        few, more = (plan(many(odd, kind), state, ROLES, last=last) for odd in (4, 5))
        assert few.health.verdict == "ok"
        assert [finding.code for finding in more.health.findings] == ["unreadable"]
        assert few.is_empty
        assert more.is_empty


def test_r28_rows_that_were_odd_in_the_last_good_reading_raise_nothing() -> None:
    made = planned(many(0), NOTHING, ROLES)
    state = applied(NOTHING, made.plan)
    released = planned(many(9), state, ROLES, last=made.last_apply)
    assert released.plan.health.verdict == "suspect"
    again = plan(many(9), state, ROLES, last=released.last_apply)
    assert again.health.verdict == "ok"


def test_r28_newcomers_who_cannot_be_read_were_never_read() -> None:
    rows = [LeftAsIs("user", f"00u-new{number}", "has no name") for number in range(30)]
    made = plan(leaving(FIRST, *rows), STATE, ROLES, last=LAST)
    assert made.health.verdict == "ok"


def test_r28_of_ten_thousand_people_one_percent_may_be_odd() -> None:
    before = Measures(people=1000, app_id="0oa1")
    seen = Seen(Measures(people=990, app_id="0oa1"), odd=tuple(OddRow("user", f"00u{i}") for i in range(10)))
    assert judge(PLAIN, seen, before).health.verdict == "ok"
    worse = replace(seen, odd=(*seen.odd, OddRow("user", "")))
    assert [finding.code for finding in judge(PLAIN, worse, before).health.findings] == ["unreadable"]
    assert judge(PLAIN, worse, before).doubts_people


def test_r13_odd_rows_that_nobody_had_to_open_do_not_stop_an_apply() -> None:
    staged = IdentityUser("00u-zed", "zed", "STAGED", Raw(b'{"n":1e999}'))
    made = planned(okta(*FIRST.users, staged, *FIRST.groups, *FIRST.apps), STATE, ROLES, last=LAST)
    brief = replace(made, plan=replace(made.plan, inputs=replace(made.plan.inputs, snapshot_digest="")))
    assert brief.executable().plan.inputs.snapshot_digest.startswith("sha256:")
