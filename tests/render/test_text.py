"""Plans on a terminal: honest counts, losers first, nothing hidden unsaid, nothing that acts."""

import re
from time import process_time

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from idsync.model.directory import Reason
from idsync.model.findings import Finding, Health
from idsync.plan.changes import Access, Change, GuardResult, PersonDelta, Plan, UserChange
from idsync.render import markdown
from idsync.render.escape_text import shown
from idsync.render.phrases import REASONS, reason_words
from idsync.render.style import COLOUR
from idsync.render.text import render_plan
from tests.core.world import config, group, okta, person
from tests.core.world import plan as core_plan
from tests.effort import examples
from tests.render import plans
from tests.render.plans import INPUTS, STORIES, list_change, lock_change, make_list, make_plan, make_user, user_change
from tests.render.strategies import PLANS


def headline(plan: Plan) -> str:
    return render_plan(plan).splitlines()[0]


def test_nothing_to_do_is_said_in_one_line() -> None:
    assert render_plan(plans.empty()) == "No changes. The directory is as the configuration and Okta ask.\n"


def test_nothing_to_do_but_errors_does_not_claim_that_all_is_well() -> None:
    plan = make_plan(findings=(Finding("user_conflict", "error", "A user root exists that is not ours."),))
    assert headline(plan) == "No changes, but 1 item could not be dealt with; see the findings."
    assert "user_conflict: A user root exists" in render_plan(plan)


def test_headline_counts_each_person_once() -> None:
    assert headline(plans.a_week()) == (
        "Plan: 2 people gain access, 1 gains some and loses some, 1 loses all of it, 1 is locked, 1 is unlocked, "
        "1 is renamed, 1 keeps access by another way; 1 list is created, 2 lists are changed, 1 list is deleted."
    )


def test_headline_of_one_kind_names_access() -> None:
    assert headline(plans.mass_leaving(1_200)) == "Plan: 1,200 people lose all access; 1 list is changed."


def test_headline_mentions_users_and_locks_that_change_nobodys_access() -> None:
    before = make_user("a", traits={"okta/title": ("x",)})
    longer = lock_change("b", Reason.UNASSIGNED)
    changes = (
        user_change(before, make_user("a"), Reason.PROFILE_CHANGED),
        replace(longer, action="update", before=longer.after, reason=Reason.UNASSIGNED),
    )
    assert headline(make_plan(changes)) == "Plan: 1 user is changed without effect on access, 1 lock is changed."


def test_those_who_lose_come_before_those_who_gain() -> None:
    text = render_plan(plans.a_week()).partition("By Okta's changes")[2]
    titles = ["Lose all access (1)", "Are locked (1)", "Gain some and lose some (1)", "Gain access (1)", "Lists"]
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_gains_say_by_which_group_and_which_rule_at_which_line() -> None:
    text = render_plan(plans.a_week())
    assert "+ role seller  [roles.yaml:9 (okta/department is Sales)]" in text
    assert "+ role crm  [by list Sales (group 00g3)]" in text
    assert "- list Engineering (group 00g1), with role dev\n" in text
    assert "+ list Sales (group 00g3)  [your edit]" in text


def test_a_list_under_another_title_names_its_group() -> None:
    there = make_list("00g1", "Team eng")
    gains = (Access("access_list", "00g1", "Team eng"),)
    change = replace(list_change(there, there, Reason.MEMBERSHIP_CHANGED, ("a",)), causes=(plans.group("00g1", "eng"),))
    plan = make_plan((change,), (PersonDelta("a", gains, ()),))
    assert "+ list Team eng (group eng, 00g1)" in render_plan(plan)


def test_a_rename_is_one_row_and_its_lock_another() -> None:
    text = render_plan(plans.a_week(), detail=True)
    assert "~ yt@enzos-pizza.com → yours.truly@enzos-pizza.com  [renamed in Okta; access stays as it was" in text
    assert text.count("- yt@enzos-pizza.com  ") == 0
    assert "+ lock on yt@enzos-pizza.com, for 1 day 7 hours  [renamed in Okta" in text


def test_r16_kept_fields_and_lost_edits_are_said() -> None:
    text = render_plan(plans.a_week(), detail=True)
    assert "kept as edited: owners, audit" in text
    assert "! owners' edits are lost" in text
    assert "with expiry, reason and joined date as before: yours.truly@enzos-pizza.com" in text


def test_a_blocking_guard_says_count_limit_and_the_way_past_it() -> None:
    text = render_plan(plans.mass_leaving())
    assert "! Blocked by user_deletes (12, limit 5), user_locks (12, limit 5): apply refuses" in text
    assert "idsync apply --allow user_deletes=REASON --allow user_locks=REASON" in text
    assert "within limits" not in text, "nothing that is nought is said"


def test_a_guard_stands_once_and_not_among_the_findings_again() -> None:
    text = render_plan(plans.mass_leaving())
    assert text.count("user_deletes (12, limit 5)") == 1
    assert "The plan makes 12 user deletions" not in text
    assert "Findings" not in text


def test_the_guard_on_protected_people_names_them() -> None:
    message = "The plan would lock people who are protected: ann. To go ahead: apply --allow protected_users=REASON."
    guards = (GuardResult("protected_users", 1, 0, "blocked"),)
    text = render_plan(make_plan(guards=guards, findings=(Finding("protected_users", "error", message),)))
    assert "    The plan would lock people who are protected: ann.\n" in text
    assert text.count("--allow protected_users=REASON") == 1


def test_a_guard_that_was_released_says_why_and_is_not_said_to_block() -> None:
    guards = (GuardResult("user_deletes", 7, 5, "blocked", released="the @team left"),)
    text = render_plan(make_plan(guards=guards))
    assert "user_deletes (7, limit 5), released: the @team left" in text
    assert "Blocked" not in text


def test_a_suspect_snapshot_says_what_is_held_back_and_how_it_is_released() -> None:
    text = render_plan(plans.bad_read(), detail=True)
    assert "! The snapshot is suspect: source_shrink. 3 changes are held back" in text
    assert "--allow source_shrink=REASON" in text
    assert "! removals held back by source_shrink" in text
    assert "raven@enzos-pizza.com  [no longer assigned in Okta; locked, then deleted; held back]" in text


@pytest.mark.parametrize(
    ("mark", "loser", "gainer"), [("member_removals", "; held back]", "]"), ("access_gains", "]", "; held back]")]
)
def test_who_loses_or_gains_by_a_list_that_is_held_back_is_held_back(mark: str, loser: str, gainer: str) -> None:
    there = make_list("00g1", "Eng", ("dev",))
    held = list_change(there, there, Reason.MEMBERSHIP_CHANGED, ("new",), ("old",), blocked_by=(mark,))
    users = [user_change(make_user(name), make_user(name, ()), Reason.PROFILE_CHANGED) for name in ("new", "old")]
    changes: tuple[Change, ...] = (held, *users)
    text = render_plan(
        make_plan(
            changes,
            (
                PersonDelta("new", (plans.belonging("00g1", "Eng"),), ()),
                PersonDelta("old", (), (plans.role("dev", via=("00g1",)),)),
            ),
        )
    )
    assert f"- old  [profile changed in Okta{loser}\n" in text
    assert f"+ new  [profile changed in Okta{gainer}\n" in text


def test_a_broken_snapshot_offers_no_way_past_it() -> None:
    health = Health("broken", (Finding("incomplete", "error", "Some page could not be read."),))
    text = render_plan(replace(plans.bad_read(), health=health))
    assert "Nothing releases this" in text
    assert "--allow" not in text


def test_a_sanitized_plan_says_that_it_cannot_be_applied() -> None:
    text = render_plan(replace(plans.a_week(), inputs=replace(INPUTS, sanitized=True)))
    assert "! Made from a sanitized snapshot" in text


def apart(people: int) -> Plan:
    """Leavers of whom each loses something else."""
    names = [f"person{number:06d}" for number in range(people)]
    changes = tuple(user_change(make_user(name), None, Reason.UNASSIGNED) for name in names)
    delta = tuple(PersonDelta(name, (), (plans.role(f"role-{name}"),), locked=Reason.UNASSIGNED) for name in names)
    return make_plan(changes, delta)


@pytest.mark.parametrize("people", [30, 1_000])
def test_people_left_out_are_counted_exactly(people: int) -> None:
    text = render_plan(apart(people))
    shown = len(re.findall(r"^  - person\d+  \[", text, re.MULTILINE))
    assert f"Lose all access ({people:,})" in text
    assert f"  … and {people - shown:,} more people (use --detail)" in text
    assert shown >= 5
    assert "… and 800 more people (use --format json)" in render_plan(apart(1_000), detail=True)


def test_one_who_is_left_out_is_a_person() -> None:
    text = render_plan(apart(201), detail=True)
    assert "… and 1 more person (use --format json)" in text


@pytest.mark.parametrize("people", [1, 40, 2_000])
def test_a_plan_fits_two_screens_of_eighty_columns(people: int) -> None:
    findings = tuple(Finding("conflict", "error", f"The user u{number} exists.") for number in range(people))
    for plan in (apart(people), plans.mass_leaving(people), replace(apart(people), findings=findings)):
        assert len(render_plan(plan, columns=80).splitlines()) <= 48


def test_people_who_lose_a_role_by_one_rule_are_one_line_that_names_the_rule() -> None:
    names = [f"person{number:04d}" for number in range(2_000)]
    before = make_user("a", ("dev",))
    gone = (plans.role("dev", plans.AWS_RULE, edit=True),)
    changes = tuple(
        user_change(
            replace(before, metadata=replace(before.metadata, name=name)), make_user(name), Reason.ROLE_MAPPING_CHANGED
        )
        for name in names
    )
    text = render_plan(make_plan(changes, tuple(PersonDelta(name, (), gone) for name in names)))
    assert "  - role dev −2,000  [roles.yaml:7 (group is aws-*); your edit]\n" in text
    (line,) = re.findall(r"^  - role dev  .*$", text, re.MULTILINE)
    assert line.startswith(
        "  - role dev  [roles.yaml:7 (group is aws-*); your edit]: 2,000 people: person0000, person0001, "
    )
    assert line.endswith(", … and 1,994 more")
    assert text.count("person0000") == 1


def test_an_edit_stands_apart_from_what_okta_changed_of_the_same_person() -> None:
    taken = (plans.role("dev", plans.AWS_RULE, edit=True), plans.role("crm", plans.SALES_RULE))
    plan = make_plan(
        (user_change(make_user("a", ("dev", "crm")), make_user("a"), Reason.ROLE_MAPPING_CHANGED),),
        (PersonDelta("a", (), taken),),
    )
    edit, _, okta = render_plan(plan).partition("By your edit")[2].partition("By Okta's changes")
    assert "- role dev  [roles.yaml:7 (group is aws-*); your edit]" in edit
    assert "role crm" not in edit
    assert "- role crm  [roles.yaml:9 (okta/department is Sales)]" in okta
    assert "role dev" not in okta


def test_a_leaver_of_eleven_lists_is_told_once() -> None:
    lists = [make_list(f"00g{number}", f"Team {number}", (f"team-{number}",)) for number in range(11)]
    changes = [list_change(each, each, Reason.MEMBERSHIP_CHANGED, (), ("raven",)) for each in lists]
    lost = [plans.role(f"team-{number}", via=(f"00g{number}",)) for number in range(11)]
    lost += [plans.belonging(f"00g{number}", f"Team {number}") for number in range(11)]
    plan = make_plan(
        (lock_change("raven", Reason.DEACTIVATED), user_change(make_user("raven"), None, Reason.DEACTIVATED), *changes),
        (PersonDelta("raven", (), tuple(lost), locked=Reason.DEACTIVATED),),
    )
    text = render_plan(plan)
    assert text.count("raven") == 1
    assert "; lists Team 0, Team 1, Team 2," in text


def test_what_one_person_gains_is_cut_and_counted() -> None:
    gains = tuple(plans.role(f"role{number}") for number in range(40))
    changes = (user_change(make_user("a"), make_user("a", ("x",)), Reason.PROFILE_CHANGED),)
    text = render_plan(make_plan(changes, (PersonDelta("a", gains, ()),)))
    assert "      + role role7\n      … and 32 more\n" in text


def test_members_removed_are_named_up_to_a_limit() -> None:
    there = make_list("00g1", "Eng")
    names = tuple(f"p{number:03}" for number in range(60))
    plan = make_plan((list_change(there, there, Reason.MEMBERSHIP_CHANGED, (), names),))
    text = render_plan(plan, detail=True)
    assert "- 60 members: p000, p001," in text
    assert "p049, … and 10 more" in text


@pytest.mark.long
def test_a_plan_of_a_hundred_thousand_changes_stays_short() -> None:
    plan = plans.mass_leaving(34_000)
    started = process_time()
    text = render_plan(plan)
    # Generous: about half a second is usual, and building every row would take many times as long.
    assert process_time() - started < 10
    assert len(text) < 100_000


@pytest.mark.parametrize("story", STORIES)
def test_colour_changes_nothing_but_colour(story: str) -> None:
    plan = STORIES[story]()
    coloured = render_plan(plan, COLOUR)
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == render_plan(plan)


@settings(max_examples=examples(270), deadline=None)
@given(PLANS)
def test_any_plan_renders_to_printable_lines_the_same_each_time(plan: Plan) -> None:
    text = render_plan(plan)
    assert text == render_plan(plan)
    assert all(line.isprintable() for line in text.split("\n"))
    assert max(map(len, text.split("\n"))) < 100_000


@settings(max_examples=examples(130), deadline=None)
@given(PLANS)
def test_everyone_who_is_deleted_is_named(plan: Plan) -> None:
    text = render_plan(plan, detail=True)
    for change in plan.changes:
        if isinstance(change, UserChange) and change.action == "delete":
            assert shown(change.address.partition("/")[2]) in text


def test_an_unknown_guard_and_a_fractional_limit_are_shown_as_they_are() -> None:
    guards = (GuardResult("policy\n", 3, 2.5, "blocked"),)
    assert "! Blocked by policy\\n (3, limit 2.5)" in render_plan(make_plan(guards=guards))


def test_someone_new_and_suspended_is_created_behind_a_lock() -> None:
    changes = (lock_change("a", Reason.SUSPENDED, None), user_change(None, make_user("a"), Reason.ASSIGNED))
    plan = make_plan(changes, (PersonDelta("a", (plans.role("dev"),), (), locked=Reason.SUSPENDED),))
    text = render_plan(plan, detail=True)
    assert headline(plan) == "Plan: 1 person is locked."
    assert "a  [suspended in Okta; created behind a lock]" in text
    assert "+ lock on a, until lifted" in text


def test_digests_that_nobody_asked_for_are_not_shown_empty() -> None:
    plan = plans.a_week()
    unsealed = replace(plan, digest="", inputs=replace(plan.inputs, snapshot_digest=""))
    assert render_plan(unsealed, detail=True).splitlines()[-2:] == [
        "snapshot: taken 2026-11-22T00:00:00Z",
        f"config: {plan.inputs.config_digest}",
    ]
    assert render_plan(unsealed).splitlines()[-1] == (
        f"organization {plan.inputs.org_url}; snapshot taken 2026-11-22T00:00:00Z; config sha256:c0c0c0c0c0c0"
    )


def test_a_newcomer_who_gets_nothing_is_said_to_get_nothing() -> None:
    made = core_plan(
        okta(person("lone"), person("ann"), group("eng", "ann")), settings=config(spec="users: {default_roles: []}")
    )
    told = render_plan(made)
    assert told.startswith("Plan: 1 person gains access, 1 gets an account and no access; 1 list is created.\n")
    assert "  + lone  [new user; assigned in Okta; no rule gives a role, and no list has them]" in told


def test_every_reason_has_words_and_an_unknown_one_its_code() -> None:
    assert set(REASONS) == set(Reason)
    assert all("_" not in words for words in REASONS.values())
    assert reason_words("links_changed") == "linked differently in Okta"
    assert reason_words("not_of_this_version") == "not_of_this_version"


@pytest.mark.parametrize(
    ("marks", "held"), [(("access_losses",), False), (("access_gains",), True), (("some_policy",), True)]
)
def test_what_one_gains_is_held_only_by_what_holds_gains(marks: tuple[str, ...], held: bool) -> None:
    changes = (
        user_change(make_user("a", ("x",)), make_user("a", ("y",)), Reason.ROLE_MAPPING_CHANGED, blocked_by=marks),
    )
    lost, gained = plans.role("x", plans.AWS_RULE, edit=True), plans.role("y", plans.SALES_RULE)
    text = render_plan(make_plan(changes, (PersonDelta("a", (gained,), (lost,)),)))
    edit, _, okta = text.partition("By your edit")[2].partition("By Okta's changes")
    assert ("held back" in edit) is (marks != ("access_gains",))
    assert ("held back" in okta) is held


def test_people_of_whom_both_sides_tell_are_counted_where_they_are_told_again() -> None:
    taken = (plans.role("dev", plans.AWS_RULE, edit=True), plans.role("crm", plans.SALES_RULE))
    names = ("a", "b", "c")
    changes = tuple(
        user_change(make_user(name, ("dev", "crm")), make_user(name), Reason.ROLE_MAPPING_CHANGED) for name in names
    )
    deltas = (PersonDelta("a", (), taken), PersonDelta("b", (), taken), PersonDelta("c", (), taken[:1]))
    plan = make_plan(changes, deltas)
    assert "\nBy Okta's changes (2 people stand above, too)\n" in render_plan(plan)
    assert "\n#### By Okta's changes (2 people stand above, too)\n" in markdown.render_plan(plan)
    alone = make_plan(changes[:2], (PersonDelta("a", (), taken[:1]), PersonDelta("b", (), taken[1:])))
    assert "stand above" not in render_plan(alone)


def test_findings_and_reach_that_are_left_out_are_named() -> None:
    codes = ("twin_names", "twin_names", "twin_names", "login_reused", "login_reused", "<b>")
    findings = tuple(Finding(code, "error" if code[0] == "t" else "warning", "Some words. " * 40) for code in codes)
    reach = tuple(
        Finding(code, "info", f"{said}: {', '.join(['somebody'] * 30)}.")
        for code, said in (
            ("protected_touched", "3 protected people are touched"),
            ("owner_goes", "1 owner of a list goes or is locked"),
            ("membership_ends", "4 memberships of people touched end within 14 days"),
        )
    )
    people = [f"person{number:04d}" for number in range(60)]
    changes = tuple(user_change(make_user(name), make_user(name, (name,)), Reason.PROFILE_CHANGED) for name in people)
    deltas = tuple(PersonDelta(name, (plans.role(name),), ()) for name in people)
    plan = replace(make_plan(changes, deltas), findings=(*findings, *reach))
    text = render_plan(plan)
    hidden = re.search(r"… and (\d) more findings: (.*) \(use --detail\)\n", text)
    assert hidden is not None
    counts = [int(each.split(" ")[0]) for each in hidden[2].split(", ")]
    assert sum(counts) == int(hidden[1]) == 6 - text.count("  ! error ")
    assert hidden[2].endswith("2 warning login_reused, 1 warning <b>")
    assert "; 4 memberships of people touched end within 14 days; within limits (use --detail)\n" in text
