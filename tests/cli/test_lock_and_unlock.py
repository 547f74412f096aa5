"""lock and unlock: security's hand, at once, without Okta and without a plan; and where plans tell of it."""

import re
from pathlib import Path

import msgspec
import pytest

from tests.cli.running import Idsync

HIRO = "hiro.tanaka@enzos-pizza.com"


def locks_on(idsync: Idsync, org: Path, user: str = HIRO) -> list[dict[str, dict[str, object]]]:
    """The locks on somebody."""
    found = idsync("get", "locks", "-c", org, "--format", "json").json
    assert isinstance(found, list)
    return [lock for lock in found if lock["spec"]["target"] == {"user": user}]


def test_lock_and_unlock_act_at_once_and_are_journaled(idsync: Idsync, org: Path) -> None:
    done = idsync("lock", HIRO, "-c", org, "--for", "30h", "--message", "Laptop stolen.")
    assert (done.code, "until" in done.out, "idsync unlock" in done.err) == (0, True, True)
    (lock,) = locks_on(idsync, org)
    assert lock["spec"]["message"] == "Laptop stolen."
    assert lock["metadata"].get("labels", {}) == {}
    assert "expires" in lock["spec"]
    assert idsync("plan", "-c", org).out.startswith("No changes.")
    done = idsync("unlock", HIRO, "-c", org, "--reason", "Found in the canteen.")
    assert (done.code, "1 lock lifted" in done.out) == (0, True)
    assert locks_on(idsync, org) == []
    told = idsync("history", "-c", org).out
    assert "reason: Found in the canteen." in told
    assert idsync("history", "-c", org, "--verify").code == 0


def test_without_a_duration_the_lock_has_no_end(idsync: Idsync, org: Path) -> None:
    assert "without an end" in idsync("lock", HIRO, "-c", org, "--message", "x").out
    assert "expires" not in locks_on(idsync, org)[0]["spec"]


@pytest.mark.parametrize(
    ("asked", "meant"), [(HIRO.upper(), HIRO), ("hiro.tanka@enzos-pizza.com", HIRO), ("00u1enzo0006", HIRO)]
)
def test_somebody_unknown_is_locked_all_the_same_with_a_suggestion(
    idsync: Idsync, org: Path, asked: str, meant: str
) -> None:
    done = idsync("lock", asked, "-c", org, "--message", "x")
    assert done.code == 0
    assert f'Did you mean "{meant}"?' in " ".join(done.err.split())
    assert len(locks_on(idsync, org, asked)) == 1


def test_who_is_not_locked_cannot_be_unlocked_and_a_like_name_is_suggested(idsync: Idsync, org: Path) -> None:
    idsync("lock", HIRO, "-c", org, "--message", "x")
    done = idsync("unlock", HIRO.title(), "-c", org, "--reason", "x")
    assert (done.code, f'Did you mean "{HIRO}"?' in " ".join(done.err.split())) == (64, True)
    assert len(locks_on(idsync, org)) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["lock", HIRO],
        ["lock", HIRO, "--message", " "],
        ["lock", " ", "--message", "x"],
        ["lock", HIRO, "--message", "x", "--for", "30"],
        ["lock", HIRO, "--message", "x", "--for", "30s"],
        ["lock", HIRO, "--message", "x", "--for", "9999999999d"],
        ["unlock", HIRO],
        ["unlock", HIRO, "--reason", ""],
        ["lock", "a\0b", "--message", "x"],
    ],
)
def test_what_says_too_little_is_refused(idsync: Idsync, org: Path, arguments: list[str]) -> None:
    assert idsync(*arguments, "-c", org).code == 64
    assert locks_on(idsync, org) == []


def _replaced(org: Path) -> Path:
    """The example's snapshot with another Okta user under the login of hiro."""
    snapshot = org / "replaced.json"
    text = (org / "snapshot.json").read_text()
    decoded = msgspec.json.decode(text)
    (old,) = (user["id"] for user in decoded["users"] if user["username"] == HIRO)
    snapshot.write_text(re.sub(rf'"{old}"', '"00uanother"', text))
    return snapshot


def test_r34_login_reused_is_released_on_the_command_line_of_the_apply_and_lifts_the_lock(
    idsync: Idsync, org: Path
) -> None:
    snapshot = _replaced(org)
    planned = idsync("plan", "-c", org, "--snapshot", snapshot, "-o", org / "p.plan")
    assert "login_reused" in planned.out
    done = idsync("apply", org / "p.plan", "-c", org, "--allow", "login_reused=the same person, re-hired")
    assert done.code == 0
    assert HIRO in done.err
    assert locks_on(idsync, org) == []
    assert idsync("plan", "-c", org, "--snapshot", snapshot).out.startswith("No changes.")
    assert idsync("apply", org / "p.plan", "-c", org).code == 6
    assert "released login_reused: the same person, re-hired" in idsync("history", "-c", org).out


def test_r34_a_lock_that_is_there_is_lifted_by_the_release_too(idsync: Idsync, org: Path) -> None:
    snapshot = _replaced(org)
    assert idsync("apply", "-c", org, "--snapshot", snapshot, "--auto-approve").code == 0
    assert len(locks_on(idsync, org)) == 1
    released = ["--allow", "login_reused=re-hired"]
    done = idsync("apply", "-c", org, "--snapshot", snapshot, "--auto-approve", *released)
    assert (done.code, "Are unlocked" in done.out) == (0, True)
    assert locks_on(idsync, org) == []
    idle = idsync("apply", "-c", org, "--snapshot", snapshot, "--auto-approve", *released)
    assert (idle.code, "its release is ignored" in idle.err) == (0, True)


def test_every_plan_that_is_held_back_names_both_commands(idsync: Idsync, org: Path) -> None:
    snapshot = org / "empty.json"
    decoded = msgspec.json.decode((org / "snapshot.json").read_bytes())
    snapshot.write_bytes(msgspec.json.encode({**decoded, "users": [], "groups": [], "apps": []}))
    said = idsync("plan", "-c", org, "--snapshot", snapshot).out
    for more in ([], ["--split"]):
        ended = idsync("apply", "-c", org, "--snapshot", snapshot, "--auto-approve", *more)
        assert ended.code == 7
        for text in (said, ended.err):
            assert "idsync lock USER --message TEXT" in " ".join(text.split())
            assert "idsync unlock USER --reason TEXT" in " ".join(text.split())
