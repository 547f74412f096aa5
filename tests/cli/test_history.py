"""`idsync history`: what it prints, in both formats, and what it checks."""

import os
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
    later = idsync("history", "-c", org, "--verify", "--head", f"{int(head.partition(':')[0]) + 9}:{'0' * 64}")
    assert (later.code, "before the head" in later.err, "an older backup" in later.err) == (1, True, True)


@pytest.mark.parametrize("number", ["abc", "0", "-1", "1.5", "1" * 30, "²", "sha256:1"])
def test_what_is_not_the_number_of_a_run_is_refused_in_plain_words(org: Path, idsync: Idsync, number: str) -> None:
    ended = idsync("history", "-c", org, "--", number)
    assert ended.code == 64
    assert "is not the number of a run" in ended.err
    assert "range" not in ended.err


@pytest.mark.parametrize("arguments", [["--verify", "--head"], ["--head", "3:ab"], ["--verify", "--head", "3:ab\n"]])
def test_a_head_that_cannot_be_checked_is_refused(org: Path, idsync: Idsync, arguments: list[str]) -> None:
    assert idsync("history", "-c", org, *arguments).code == 64


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "ann\x1b[2J\n::error::x",
    "GITHUB_REPOSITORY": "acme/access",
    "GITHUB_SHA": "0123456789abcdef0123456789abcdef01234567",
    "GITHUB_RUN_ID": "77",
}
GITLAB = {
    "GITLAB_CI": "true",
    "GITLAB_USER_LOGIN": "ben",
    "CI_PROJECT_PATH": "acme/other",
    "CI_COMMIT_SHA": "fedcba9876543210fedcba9876543210fedcba98",
    "CI_JOB_URL": "https://gitlab.example/acme/other/-/jobs/5",
}


def _clear_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "GITLAB_", "CI"))]:
        monkeypatch.delenv(name)


def test_what_ran_in_a_ci_job_names_its_person_commit_and_run(
    fresh: Path, idsync: Idsync, monkeypatch: pytest.MonkeyPatch
) -> None:
    _clear_of_ci(monkeypatch)
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    assert idsync("apply", "-c", fresh, "--auto-approve").code == 0
    _clear_of_ci(monkeypatch)
    for name, value in GITLAB.items():
        monkeypatch.setenv(name, value)
    assert idsync("rm", "-c", fresh, PERSON, "--auto-approve").code == 0
    _clear_of_ci(monkeypatch)
    assert idsync("rm", "-c", fresh, "user/enzo.moretti@enzos-pizza.com", "--auto-approve").code == 0
    told = idsync("history", "-c", fresh).out.splitlines()
    assert "  by ben from acme/other at commit fedcba987654 in https://gitlab.example/acme/other/-/jobs/5" in told
    (github,) = [line for line in told if "acme/access" in line]
    assert github.startswith(
        "  by ann\\x1b[2J\\n::error::x from acme/access at commit 0123456789ab in https://github.com/"
    )
    assert github.endswith("/acme/access/actions/runs/77")
    entries = idsync("history", "-c", fresh, "--format", "json").json
    assert isinstance(entries, list)
    assert [entry["circumstances"]["repository"] for entry in entries if "circumstances" in entry] == [
        "acme/access",
        "acme/other",
    ]
    assert idsync("history", "-c", fresh, "--verify").code == 0


def test_lists_are_called_by_their_titles_and_locks_by_whom_they_are_on(
    org: Path, idsync: Idsync, tmp_path: Path
) -> None:
    lock = tmp_path / "lock.json"
    lock.write_text(LOCK)
    assert idsync("create", "-c", org, lock).code == 0
    member = "access_list_member/00g1enzo0012/bob.okafor@enzos-pizza.com"
    assert idsync("rm", "-c", org, member, "--auto-approve").code == 0
    told = idsync("history", "-c", org).out
    assert "created lock on eve by hand" in told
    assert "removed member bob.okafor@enzos-pizza.com of list Team web (00g1enzo0012) by hand" in told
    assert "+ list Team web (00g1enzo0012)" in idsync("history", "1", "-c", org).out


def test_drift_says_who_did_it_and_names_no_rule_for_what_a_hand_gave(
    org: Path, idsync: Idsync, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _clear_of_ci(monkeypatch)
    edited = tmp_path / "list.txt"
    edited.write_text(idsync("get", "access_list/00g1enzo0012", "-c", org).out.replace("- team-web\n", "- by-hand\n"))
    assert idsync("create", "-f", edited, "-c", org).code == 0
    for form in ("text", "markdown"):
        told = idsync("drift", "-c", org, "--format", form)
        assert told.code == 10
        given, back = (
            next(line for line in told.out.replace("`", "").splitlines() if word in line)
            for word in ("role by-hand", "role team-web")
        )
        assert "changed by hand" in given
        assert "access-lists.yaml" not in given.partition("role team-web")[0]
        assert "access-lists.yaml" in back
    finding = idsync("drift", "-c", org, "--format", "json").json["findings"][0]  # type: ignore[index]
    assert finding["code"] == "changed_by_hand"
    assert "(Team web) was changed by " in finding["message"]
