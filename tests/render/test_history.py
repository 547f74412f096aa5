"""The journal tells what was done, when, by whom, and what was released; nothing is taken on trust."""

import json

from idsync.model.addresses import Address
from idsync.model.journal import (
    Entry,
    LocksSwept,
    MadeByHand,
    Numbered,
    RunFinished,
    RunResumed,
    RunStarted,
    RunStopped,
    StepBegun,
    StepFailed,
    StepMade,
)
from idsync.model.resources import Membership
from idsync.render.history import counts_words, render_json, render_run, render_text
from idsync.render.style import COLOUR
from tests.render.plans import HOSTILE

PLAN = "sha256:" + "ab" * 32
COUNTS = {"user": {"create": 2, "update": 0, "delete": 1}, "member": {"add": 3, "remove": 0}, "lock": {"create": 1}}
COUNT_WORDS = "2 users created, 1 user removed, 1 lock created, 3 members added"
START = RunStarted(1, "2026-11-22T08:00:00Z", "ci@runner", PLAN, "okta", 5, COUNTS, {"user_deletes": "the merger"})


def numbered(*entries: Entry) -> list[Numbered]:
    return [Numbered(number, entry) for number, entry in enumerate(entries, 1)]


def test_apps_groups_and_roles_are_counted_too() -> None:
    counts = {"app": {"create": 2}, "user_group": {"create": 1}, "role": {"update": 3}}
    assert counts_words(counts) == "2 apps created, 1 group created, 3 roles changed"
    assert counts_words({"user": {"create": 0}}) == "nothing"


def test_nothing_done_is_said() -> None:
    assert render_text([]) == "Nothing was done yet.\n"
    assert render_json([]) == "[]\n"


def test_a_run_says_when_who_what_which_plan_and_what_was_released() -> None:
    assert render_text(numbered(START, RunFinished(1, "2026-11-22T08:00:01Z", 9))).splitlines() == [
        f"2026-11-22T08:00:00Z  run 1 applied: {COUNT_WORDS}  [ci@runner]",
        f"  plan {PLAN}",
        "  released user_deletes: the merger",
    ]  # fmt: skip


def test_a_run_that_left_a_part_for_later_says_so() -> None:
    entries = numbered(START, RunFinished(1, "2026-11-22T08:00:01Z", 9, whole=False))
    assert f"run 1 applied in part: {COUNT_WORDS}" in render_text(entries)


def test_the_newest_comes_first_hands_and_sweeps_between_runs() -> None:
    entries = numbered(
        START,
        RunFinished(1, "2026-11-22T08:00:01Z", 9),
        MadeByHand("2026-11-22T09:00:00Z", "ann", "update", Address("access_list/00g1")),
        LocksSwept(0, "2026-11-22T10:00:00Z", {"a": "00" * 16, "b": "11" * 16}),
    )
    assert [line for line in render_text(entries).splitlines() if not line.startswith(" ")] == [
        "2026-11-22T10:00:00Z  cleared away 2 expired locks",
        "2026-11-22T09:00:00Z  changed access_list/00g1 by hand  [ann]",
        f"2026-11-22T08:00:00Z  run 1 applied: {COUNT_WORDS}  [ci@runner]",
    ]


def test_a_run_that_was_killed_or_stopped_says_so() -> None:
    assert f"run 1 broken off; planned: {COUNT_WORDS}" in render_text(numbered(START))
    stopped = RunStopped(1, "2026-11-22T08:00:01Z", 2, "The target did not answer.")
    assert f"run 1 stopped, 2 of 5 steps kept; planned: {COUNT_WORDS}" in render_text(numbered(START, stopped))
    assert "  why: The target did not answer." in render_text(numbered(START, stopped))
    resumed = RunResumed(1, "2026-11-22T08:05:00Z", "ci@runner")
    whole = numbered(START, stopped, resumed, RunFinished(1, "2026-11-22T08:06:00Z", 9))
    assert "run 1 applied:" in render_text(whole)
    assert "why" not in render_text(whole)


def test_one_run_in_full_tells_its_steps_in_order() -> None:
    entries = numbered(
        START,
        StepMade(1, 2, Address("user/hiro@x.com"), "create", "assigned"),
        StepMade(1, 3, Address("access_list/00g1"), "update", "membership_changed", members_added=("hiro@x.com",)),
        StepMade(1, 4, Address("access_list/00g1"), "update", "drift", members_removed={"vic@x.com": Membership()}),
        StepBegun(1, 6, Address("user/raven@x.com")),
        StepMade(1, 6, Address("user/raven@x.com"), "delete", "deactivated"),
        StepFailed(1, 6, Address("user/da5id@x.com"), "The target did not answer."),
        RunFinished(1, "2026-11-22T08:00:01Z", 9),
    )
    assert render_run(entries).splitlines()[3:] == [
        "  + user hiro@x.com  [assigned in Okta]",
        "  ~ list 00g1  [members changed in Okta]",
        "      + 1 member: hiro@x.com",
        "  ~ list 00g1  [changed by hand, put back]",
        "      - 1 member: vic@x.com",
        "  - user raven@x.com  [deactivated in Okta]",
        "  ! user da5id@x.com failed: The target did not answer.",
    ]


def test_json_is_the_entries_with_their_numbers() -> None:
    told = json.loads(render_json(numbered(START, RunFinished(1, "2026-11-22T08:00:01Z", 9))))
    assert [(entry["sequence"], entry["entry"]) for entry in told] == [(1, "run_started"), (2, "run_finished")]
    assert told[0]["overrides"] == {"user_deletes": "the merger"}


def test_json_shows_the_objects_that_entries_name_whole() -> None:
    entries = numbered(
        StepMade(1, 2, Address("user/a"), "update", "drift", before="00" * 16, after="11" * 16),
        LocksSwept(1, "2026-11-22T10:00:00Z", {"l": "00" * 16}),
    )
    step, swept = json.loads(render_json(entries, {"00" * 16: b'{"kind":"user"}'}))
    assert (step["before"], step["after"]) == ({"kind": "user"}, "11" * 16)
    assert swept["locks"] == {"l": {"kind": "user"}}


def test_a_forged_journal_cannot_steer_a_terminal() -> None:
    forged = RunStarted(1, HOSTILE, HOSTILE, HOSTILE, "okta", 1, {}, {HOSTILE: HOSTILE})
    step = StepMade(1, 2, Address(f"user/{HOSTILE}"), "create", HOSTILE, members_added=(HOSTILE,))
    hand = MadeByHand(HOSTILE, HOSTILE, "delete", Address(HOSTILE))
    swept = LocksSwept(0, HOSTILE, {})
    stop = RunStopped(1, HOSTILE, 0, HOSTILE)
    failed = StepFailed(1, 2, Address(f"user/{HOSTILE}"), HOSTILE)
    entries = numbered(forged, step, failed, hand, swept, stop)
    for text in (render_text(entries), render_run(entries)):
        assert all(line.isprintable() for line in text.split("\n"))


def test_colour_marks_runs_that_did_not_end() -> None:
    assert "\x1b[31;1mrun 1 broken off; planned\x1b[0m" in render_text(numbered(START), COLOUR)
