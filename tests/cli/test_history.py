"""`idsync history`: what it prints, in both formats, and what it checks."""

from pathlib import Path

import pytest

from tests.cli.running import Idsync

LOCK = '{"kind":"lock","version":"v2","metadata":{"name":"l1"},"spec":{"target":{"user":"eve"},"message":"m"}}'
PERSON = "user/alice.bianchi@enzos-pizza.com"


def test_edits_by_hand_are_printed_as_json_with_their_objects(org: Path, idsync: Idsync, tmp_path: Path) -> None:
    lock = tmp_path / "lock.json"
    lock.write_text(LOCK)
    assert idsync("create", "-c", org, lock).code == 0
    lock.write_text(LOCK.replace('"m"', '"more"'))
    assert idsync("create", "-c", org, "-f", lock).code == 0
    assert idsync("rm", "-c", org, PERSON, "--auto-approve").code == 0
    entries = idsync("history", "-c", org, "--format", "json").json
    assert isinstance(entries, list)
    created, changed, removed = entries[-3:]
    assert (created["action"], created["after"]["spec"]["message"]) == ("create", "m")
    assert (changed["before"]["spec"]["message"], changed["after"]["spec"]["message"]) == ("m", "more")
    assert (removed["address"], removed["before"]["metadata"]["name"]) == (PERSON, PERSON.removeprefix("user/"))


def test_the_head_of_the_journal_is_printed_and_checked(org: Path, idsync: Idsync) -> None:
    head = idsync("history", "-c", org, "--head").out.strip()
    assert idsync("history", "-c", org, "--head", "--format", "json").json == {
        "entries": int(head.partition(":")[0]),
        "head": head,
    }
    assert idsync("history", "-c", org, "--verify", "--head", head).code == 0
    assert idsync("rm", "-c", org, PERSON, "--auto-approve").code == 0
    assert idsync("history", "-c", org, "--verify", "--head", head).code == 0
    other = head[:-1] + ("0" if head[-1] != "0" else "1")
    assert idsync("history", "-c", org, "--verify", "--head", other).code == 1


@pytest.mark.parametrize("number", ["abc", "0", "-1", "1.5", "1" * 30, "²", "sha256:1"])
def test_what_is_not_the_number_of_a_run_is_refused_in_plain_words(org: Path, idsync: Idsync, number: str) -> None:
    ended = idsync("history", "-c", org, "--", number)
    assert ended.code == 64
    assert "is not the number of a run" in ended.err
    assert "range" not in ended.err


@pytest.mark.parametrize("arguments", [["--verify", "--head"], ["--head", "3:ab"], ["--verify", "--head", "3:ab\n"]])
def test_a_head_that_cannot_be_checked_is_refused(org: Path, idsync: Idsync, arguments: list[str]) -> None:
    assert idsync("history", "-c", org, *arguments).code == 64
