"""R31: a plan of an older reading than the last one applied is stale, however it comes to be applied."""

import json
from pathlib import Path

import pytest

from tests.cli.running import Ended, Idsync

MONDAY, TUESDAY, WEDNESDAY = "2026-11-23T08:00:00Z", "2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z"


def reading(org: Path, of: str, taken_at: str) -> Path:
    """One of the two snapshots of the example, as if it had been taken at another time."""
    content = json.loads((org / of).read_text())
    path = org.parent / f"{of}-{taken_at[:10]}.json"
    path.write_text(json.dumps({**content, "taken_at": taken_at}))
    return path


@pytest.fixture
def after(idsync: Idsync, org: Path) -> Path:
    """The example after Tuesday's reading was applied: the second week's joiner has access, its leaver is locked."""
    later = reading(org, "snapshot-next.json", TUESDAY)
    assert idsync("apply", "-c", org, "--snapshot", later, "--auto-approve", *RELEASED).code == 0
    return org


RELEASED = [f"--allow={name}=test" for name in ("user_deletes", "user_locks", "member_removals", "access_losses")]
"""Guards that the small example could run into: they are not what is tested here."""


def applied(idsync: Idsync, org: Path, *arguments: str | Path) -> Ended:
    return idsync("apply", "-c", org, "--auto-approve", *arguments)


def directory(idsync: Idsync, org: Path) -> object:
    return idsync("get", "all", "-c", org, "--format", "json").json


@pytest.mark.parametrize("split", [(), ("--split",)])
def test_r31_an_apply_of_an_older_reading_is_refused(split: tuple[str, ...], idsync: Idsync, after: Path) -> None:
    older, before = reading(after, "snapshot.json", MONDAY), directory(idsync, after)
    ended = applied(idsync, after, "--snapshot", older, *RELEASED, *split)
    assert ended.code == 6
    assert MONDAY in ended.err
    assert TUESDAY in ended.err
    assert '--allow source_older="…"' in ended.err
    assert directory(idsync, after) == before


def test_r31_a_plan_that_waited_while_a_newer_reading_was_applied_is_stale(idsync: Idsync, after: Path) -> None:
    """Nothing that it changes was touched: what moved is what the source has said since."""
    kept = after.parent / "wednesday.plan"
    back = reading(after, "snapshot.json", WEDNESDAY)
    assert idsync("plan", "-c", after, "--snapshot", back, "-o", kept).code == 0
    newer = reading(after, "snapshot-next.json", "2026-11-26T08:00:00Z")
    assert applied(idsync, after, "--snapshot", newer).code == 0
    before = directory(idsync, after)
    for more in ((), ("--split",)):
        ended = idsync("apply", "-c", after, kept, *RELEASED, *more)
        assert ended.code == 6
        assert "was applied since" in ended.err
    assert directory(idsync, after) == before


def test_r31_a_plan_from_a_file_of_the_directory_is_stale_too(idsync: Idsync, after: Path) -> None:
    current = after.parent / "current.json"
    current.write_text(idsync("get", "all", "-c", after, "--format", "json").out)
    older, kept = reading(after, "snapshot.json", MONDAY), after.parent / "old.plan"
    ended = idsync("plan", "-c", after, "--snapshot", older, "--current", current, "-o", kept, "--fail-on", "error")
    assert ended.code == 5
    assert "source_older" in ended.out
    assert idsync("apply", "-c", after, kept, *RELEASED).code == 6


def test_r31_plan_shows_the_error_and_exits_as_usual(idsync: Idsync, after: Path) -> None:
    older = reading(after, "snapshot.json", MONDAY)
    ended = idsync("plan", "-c", after, "--snapshot", older, "--format", "json")
    assert ended.code == 0
    finding = next(each for each in json.loads(ended.out)["findings"] if each["code"] == "source_older")
    assert finding["severity"] == "error"
    assert idsync("plan", "-c", after, "--snapshot", older, "--detailed-exitcode").code == 2


def test_r31_released_the_older_reading_is_the_last_one(idsync: Idsync, after: Path) -> None:
    older = reading(after, "snapshot.json", MONDAY)
    ended = applied(idsync, after, "--snapshot", older, *RELEASED, "--allow=source_older=the newer one was wrong")
    assert ended.code == 0
    assert "source_older" not in ended.err
    assert "source_older: the newer one was wrong" in idsync("history", "-c", after).out
    assert applied(idsync, after, "--snapshot", older).code == 0
    between = reading(after, "snapshot.json", "2026-11-23T09:00:00Z")
    assert applied(idsync, after, "--snapshot", between).code == 0


def test_an_equal_reading_is_not_older_and_the_same_plan_again_is_used(idsync: Idsync, after: Path) -> None:
    same = reading(after, "snapshot-next.json", TUESDAY)
    assert applied(idsync, after, "--snapshot", same).code == 0
    ended = applied(idsync, after, "--snapshot", same, "--allow=source_older=just in case")
    assert ended.code == 0
    assert "source_older blocks nothing" in ended.err


def test_an_older_reading_that_changes_nothing_is_refused_too(idsync: Idsync, after: Path) -> None:
    """It would become the last one, with which the next is compared."""
    assert applied(idsync, after, "--snapshot", reading(after, "snapshot-next.json", MONDAY)).code == 6


def test_r20_a_reading_of_a_wildly_wrong_clock_still_locks_its_leavers(idsync: Idsync, org: Path) -> None:
    ended = applied(idsync, org, "--snapshot", reading(org, "snapshot-next.json", "9999-09-30T12:00:00Z"), *RELEASED)
    assert ended.code == 0, ended.err
    assert "clock_skew" in ended.out
    config = org / "idsync.yaml"
    config.write_text(config.read_text().replace("ttl: 30h", "ttl: 3650d"))
    left = reading(org, "snapshot.json", "9999-12-31T23:59:59Z")
    ended = applied(idsync, org, "--snapshot", left, *RELEASED)
    assert ended.code == 0, ended.err
    assert '"9999-12-31T23:59:59Z"' in idsync("get", "locks", "-c", org, "--format", "json").out
    assert idsync("plan", "-c", org, "--snapshot", left).out.startswith("No changes")
