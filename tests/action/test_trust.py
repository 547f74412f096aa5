"""What one person who may write tries alone, and what the action then says: releases, approvals, plans and comments."""

import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from action.artifacts import plans_of
from action.github import GitHub
from action.releases import digest_of
from action.telling import marker
from tests.action.company import Company, Past, rule
from tests.action.fake_github import REPOSITORY, FakeGitHub, serving
from tests.action.test_parts import about

LINES = (
    "idsync-allow: user_deletes=the kitchen closed\r\nidsync-allow: user_locks=it closed\r\n\r\nSpring cleaning.\r\n"
)


@pytest.fixture(scope="session")
def past_release(past_apply: Past) -> Past:
    """A company with its first pull request after a burst of leavers, which releases it."""
    with serving(FakeGitHub()) as github:
        company = past_apply.again(github)
        company.gone |= {f"p{number}" for number in range(10, 20)}
        company.read()
        company.push(company.main)
        number = company.propose({}, LINES)
        ran = company.plan(number)
    assert ran.code == 0, ran.log
    assert digest_of({"user_deletes": "the kitchen closed", "user_locks": "it closed"}) in company.comment(number)
    assert ran.outputs["digest"] in company.comment(number).splitlines()[-1]
    return Past(company)


@pytest.fixture
def company(request: pytest.FixtureRequest, github: FakeGitHub) -> Company:
    """A company whose configuration is applied, or one with the pull request of `released`, where a test has that."""
    past = "past_release" if "released" in request.fixturenames else "past_apply"
    return request.getfixturevalue(past).again(github)  # type: ignore[no-any-return]


@pytest.fixture
def released(company: Company) -> int:
    """A pull request that releases a burst of leavers; its plan is in the comment, and nobody approved it yet."""
    return max(company.github.pulls)


def refused(company: Company, number: int, why: str, code: int = 6) -> None:
    """Merge it: nothing is applied, and the comment and the issue say why."""
    before = company.store.read_bytes()
    ran = company.merge(number)
    assert ran.code == code, ran.log
    assert why in company.comment(number)
    assert "Nothing was applied." in company.comment(number)
    assert company.issue is not None
    assert why in company.issue["body"]
    assert company.store.read_bytes() == before


# -- whose hand is in it


def test_an_approval_by_somebody_without_a_hand_in_it_releases(company: Company, released: int) -> None:
    company.approve(released)
    ran = company.merge(released)
    assert ran.code == 0, ran.log
    assert "### Applied as run" in company.comment(released)


def test_who_edited_the_text_cannot_approve_its_release(company: Company, released: int) -> None:
    company.github.edit_text(released, LINES + "More.", "piet")
    company.plan(released, attempt=2)
    company.approve(released, "piet")
    refused(company, released, "`piet` edited its text")


def test_who_edited_the_text_before_its_last_editor_cannot_approve_either(company: Company, released: int) -> None:
    company.github.edit_text(released, LINES + "More.", "piet")
    company.github.edit_text(released, LINES + "Less.", "olga")
    company.plan(released, attempt=2)
    company.approve(released, "piet")
    refused(company, released, "`piet` edited its text")


def test_who_pushed_cannot_approve(company: Company, released: int) -> None:
    company.push_to(released, {"painters.yaml": rule("red", "painter")}, "piet")
    company.github.commits[released][-1] |= {"author": {"login": "olga"}, "committer": None}  # as git was told
    company.plan(released)
    company.approve(released, "piet")
    refused(company, released, "`piet` pushed to its branch")


def test_who_made_a_commit_that_another_pushed_cannot_approve(company: Company, released: int) -> None:
    company.github.commits[released][-1]["author"] = {"login": "piet"}
    company.approve(released, "piet")
    refused(company, released, "or made a commit on it")


@pytest.mark.parametrize("part", ["author", "pusher", "editor"])
def test_a_program_that_opened_edited_or_pushed_could_be_anybodys(company: Company, released: int, part: str) -> None:
    pull = company.github.pulls[released]
    if part == "author":
        pull["user"] = {"login": "github-actions[bot]", "type": "Bot"}
        company.github.edit_text(released, LINES, "olga")
        company.github.edits[f"pull-{released}"][-1]["editor"] = {"login": "github-actions", "__typename": "Bot"}
    elif part == "pusher":
        company.github.pushes[pull["head"]["ref"]][0]["actor"] = {"login": "github-actions[bot]", "type": "Bot"}
    else:
        company.github.edit_text(released, LINES + "x", "github-actions", "Bot")
        company.github.edit_text(released, LINES, "olga")
    company.approve(released)
    refused(company, released, "cannot be told that two people had a hand in it")


def test_a_program_cannot_approve(company: Company, released: int) -> None:
    company.github.permissions["github-actions[bot]"] = "write"
    company.approve(released, "github-actions[bot]")
    refused(company, released, "`github-actions[bot]` is a program")


def test_an_approval_before_the_last_edit_of_the_text_does_not_count(company: Company, released: int) -> None:
    company.approve(released)
    company.github.edit_text(released, LINES + "A word.", "olga")
    refused(company, released, "`piet` approved before the text was last edited")


def test_an_approval_before_the_last_push_does_not_count(company: Company, released: int) -> None:
    company.approve(released)
    head = company.github.pulls[released]["head"]["sha"]
    company.github.push(released, "f" * 40, "olga", "force_push")
    company.github.push(released, head, "olga", "force_push")
    refused(company, released, "`piet` approved before the branch was last pushed to")


def test_an_approval_of_another_commit_does_not_count(company: Company, released: int) -> None:
    company.approve(released)
    company.push_to(released, {"admins.yaml": rule("red", "admin")})
    company.plan(released)
    refused(company, released, "nobody approved that one")


def test_an_approval_that_was_taken_back_does_not_count(company: Company, released: int) -> None:
    company.approve(released)
    company.github.reviews[released].append(
        company.github.reviews[released][0] | {"state": "DISMISSED", "submitted_at": company.github.now()}
    )
    refused(company, released, "no approval counts for that: it has none")


def test_lines_that_a_reader_edited_in_release_nothing(company: Company, released: int) -> None:
    company.github.edit_text(released, LINES, "rita")
    ran = company.plan(released, attempt=2)
    assert ran.code == 0, ran.log
    assert "Who last edited the text may not write" in company.comment(released)
    company.approve(released)
    assert company.merge(released).code == 5


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda rows: rows.clear(), "does not end in"),
        (lambda rows: rows[0].update(after="f" * 40), "does not end in"),
        (lambda rows: rows[0].update(actor=None), "whom GitHub does not name"),
    ],
)
def test_where_it_is_not_known_who_pushed_nothing_is_released(
    company: Company, released: int, spoil: Callable[[Any], None], why: str
) -> None:
    spoil(company.github.pushes[company.github.pulls[released]["head"]["ref"]])
    company.approve(released)
    refused(company, released, why)


def test_what_was_pushed_to_a_branch_of_that_name_before_is_nobodys_hand_in_it(company: Company, released: int) -> None:
    branch = company.github.pushes[company.github.pulls[released]["head"]["ref"]]
    old = {"login": "piet", "type": "User"}
    branch.append({"after": "a" * 40, "timestamp": "2026-01-01T00:00:00Z", "activity_type": "push", "actor": old})
    company.approve(released)
    deleted = {"activity_type": "branch_deletion", "after": "0" * 40, "timestamp": company.github.now(), "actor": old}
    branch.insert(0, deleted)
    assert company.merge(released).code == 0


LOOSE = "apiVersion: idsync/v1\nkind: Guards\nspec: {user_deletes: {percent: 100, floor: 5}}\n"


@pytest.mark.parametrize("approves", ["", "olga", "piet"])
def test_one_person_alone_cannot_loosen_a_guard(company: Company, approves: str) -> None:
    number = company.propose({"guards.yaml": LOOSE})
    ran = company.plan(number)
    assert ran.code == 0, ran.log
    if approves:
        company.approve(number, approves)
    if approves == "piet":
        ran = company.merge(number)
        assert ran.code == 0, ran.log
    else:
        refused(company, number, "loosens what keeps people safe")


def test_guards_are_tightened_as_anything_else_is_edited(company: Company) -> None:
    number = company.propose({"guards.yaml": LOOSE.replace("100", "1")})
    assert company.plan(number).code == 0
    assert company.merge(number).code == 0


def test_a_merge_that_was_refused_is_not_followed_by_the_schedule(company: Company) -> None:
    """With follow_config in the files, a pass by the files would apply what nobody approved."""
    company.people |= {"p01": "blue", "p02": "blue"}
    company.read()
    assert company.push(company.main).code == 0
    follow = "apiVersion: idsync/v1\nkind: Service\nspec: {follow_config: true}\n"
    number = company.propose({"admins.yaml": rule("blue", "admin"), "service.yaml": follow})
    company.plan(number)
    company.approve(number)
    company.push_to(number, {"more.yaml": rule("blue", "owner")})
    refused(company, number, "nobody approved that one")
    ran = company.scheduled("reconcile.yml")
    assert ran.code == 0, ran.log
    assert "The configuration has changed since it was last applied" in ran.summary.replace("\n  ", " ")
    assert b'"admin"' not in company.store.read_bytes()


def merged_alone(company: Company, old: str, new: str) -> None:
    """Merge an edit of the configuration that nobody else approved; it is refused."""
    config = company.repository / "access" / "idsync.yaml"
    company.git("checkout", "-q", company.main)
    number = company.propose({"idsync.yaml": config.read_text().replace(old, new)})
    assert company.plan(number).code == 0
    assert "guards_changed" in company.comment(number)
    ran = company.merge(number)
    assert ran.code == 6, ran.log


def test_who_tells_of_people_is_still_who_was_applied_for_recordings_and_drift(company: Company) -> None:
    """A merged file that was refused must not be what the next pull request is planned from."""
    forged = json.loads(company.okta.read_text())
    forged["users"].append({"id": "00umallory", "username": "mallory", "status": "ACTIVE", "profile": {"team": "red"}})
    (company.okta.parent / "forged.json").write_text(json.dumps(forged))
    merged_alone(company, str(company.okta), str(company.okta.parent / "forged.json"))
    assert company.scheduled("reconcile.yml").code == 0
    company.push(company.main)
    assert company.github.archives
    for archive in company.github.archives.values():
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            names = [name for name in opened.namelist() if name == "snapshot.json"]
            assert all(b"mallory" not in opened.read(name) for name in names)
    ran = company.scheduled("drift.yml")
    assert ran.code == 0, ran.log
    assert b"mallory" not in company.store.read_bytes()


def test_a_store_that_is_another_one_fails_the_schedule_and_is_told(company: Company) -> None:
    """Leavers would stay unlocked, and every run would be green."""
    merged_alone(company, str(company.store), str(company.store.parent / "elsewhere.db"))
    recordings = len(company.github.archives)
    for ran in (company.scheduled("reconcile.yml"), company.scheduled("reconcile.yml")):
        assert ran.code == 7, ran.log
        assert "The store is empty, and the newest recording tells of a directory" in ran.log
    assert company.push(company.main).code != 0
    assert company.issue is not None
    assert "Nobody is locked" in company.issue["body"]
    assert company.issue["state"] == "open"
    assert len(company.github.archives) == recordings, "an empty directory is not recorded"
    config = company.repository / "access" / "idsync.yaml"
    company.git("checkout", "-q", company.main)
    company.main = company.commit({"idsync.yaml": config.read_text().replace("elsewhere.db", company.store.name)})
    company.gone.add("p07")
    company.read()
    ran = company.scheduled("reconcile.yml")
    assert ran.code == 0, ran.log
    assert "p07" in ran.summary
    assert company.issue["body"].count("Nobody is locked") == 0


# -- what was shown


def test_a_comment_that_a_person_edited_before_the_approval_is_exit_6(company: Company, released: int) -> None:
    (row,) = company.github.comments[released]
    company.github.edit_comment(row, row["body"].replace("lose all access", "lose nothing"), "piet")
    company.approve(released)
    refused(company, released, "was written by `piet`, and not by this action")


def test_a_comment_that_a_workflow_on_a_branch_wrote_as_the_same_bot_is_exit_6(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    (row,) = company.github.comments[number]
    real = row["body"]
    foot = real.rstrip().splitlines()[-1]
    company.github.edit_comment(row, f"{marker('access')}\n### No changes.\n\n{foot}\n")
    company.approve(number)
    company.github.edit_comment(row, real)
    refused(company, number, "is not what its plan looks like")


def test_a_comment_whose_history_was_deleted_is_exit_6(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.github.edit_comment(company.github.comments[number][0], company.comment(number) + "\n")
    company.github.keeps_history = False
    company.approve(number)
    ran = company.merge(number)
    assert ran.code == 6
    assert "does not tell what the comment showed" in company.comment(number)


def test_the_plan_of_the_approval_is_applied_and_not_a_later_one(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.approve(number)
    company.people["new"] = "red"
    company.read()
    company.push(company.main)  # another recording, so that the plan is another one
    company.plan(number, attempt=2)
    ran = company.merge(number)
    assert ran.code == 0, ran.log
    assert "### Applied as run" in company.comment(number)


def test_an_approval_while_the_comment_showed_no_plan_is_exit_6(company: Company) -> None:
    number = company.propose({"painters.yaml": "kind: [\n"})
    company.plan(number)
    company.approve(number)
    refused(company, number, "showed no plan when it was approved")


def test_an_approval_before_the_comment_was_there_is_exit_6(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.approve(number)
    company.plan(number)
    refused(company, number, "was not there yet")


def test_a_plan_that_changed_since_its_release_was_approved_is_exit_6(company: Company, released: int) -> None:
    company.approve(released)
    company.people["new"] = "red"
    company.read()
    company.push(company.main)
    company.plan(released, attempt=2)
    refused(company, released, "The plan changed since it was approved")


def test_with_many_versions_of_the_comment_the_one_of_the_approval_is_found(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.approve(number)
    (row,) = company.github.comments[number]
    for count in range(120):
        company.github.edit_comment(row, f"{marker('access')}\n{count}")
    assert company.merge(number).code == 0


# -- plans of other pull requests, and forged ones


def _with(archive: bytes, **changed: object) -> bytes:
    """An artifact whose releases.json says something else."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as opened, zipfile.ZipFile(content, "w") as written:
        for name in opened.namelist():
            text = opened.read(name)
            written.writestr(name, json.dumps(json.loads(text) | changed) if name == "releases.json" else text)
    return content.getvalue()


@pytest.mark.parametrize("changed", [{"number": 77}, {"base": "other"}, {"head": "f" * 40}])
def test_a_plan_that_is_of_another_pull_request_base_or_head_is_not_taken(
    company: Company, changed: dict[str, object]
) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    artifact = max(company.github.archives)
    company.github.archives[artifact] = _with(company.github.archives[artifact], **changed)
    refused(company, number, "No run left the plan")


def test_a_plan_of_another_pull_request_with_the_same_head_is_not_taken(github: FakeGitHub, tmp_path: Path) -> None:
    client = GitHub(github.address, REPOSITORY, "ghs_token", lambda _: None)
    runs = {github.add_run("plan.yml", "pull_request", "abc", "x", pull=pull): pull for pull in (1, 2, None)}
    github.runs[max(runs)] |= {"pull_requests": [{"number": 1, "base": {"ref": "other"}}]}
    closed = github.add_run("plan.yml", "pull_request", "abc", "x")
    for run in (*runs, closed):
        github.add_artifact(run, "idsync-plan-access-abc-1", b"")
    found = plans_of(about(tmp_path), client, 1, "abc", datetime.now(UTC))
    assert [row["workflow_run"]["id"] for row in found] == [closed, min(runs)]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"onto": "HEAD"}, "is not a commit of main before the merge"),
        ({"onto": "f" * 40}, "is not a commit of main before the merge"),
        ({"commit": "f" * 40}, "which has other files"),
        ({"commit": "../../x"}, "which has other files"),
        ({"recording": 1}, "is not one of the main branch"),
        ({"recording": "x"}, "is not one of the main branch"),
        ({"asked": {"user_deletes": "x"}}, "is not what its plan looks like"),
        ({"notes": ["Approve me."]}, ""),
    ],
)
def test_what_a_plan_says_of_itself_is_checked(company: Company, changed: dict[str, object], why: str) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    artifact = max(company.github.archives)
    company.github.archives[artifact] = _with(company.github.archives[artifact], **changed)
    if why:
        refused(company, number, why)
    else:
        assert company.merge(number).code == 0, "a note that this action does not write is not in its comment"


def test_a_plan_on_an_edit_that_main_does_not_have_is_exit_6(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.git("checkout", "-q", "--detach", company.main)
    main, company.main = company.main, company.commit({"admins.yaml": rule("red", "admin")})
    company.plan(number)  # merged into something else than main
    company.main = main
    refused(company, number, "is not a commit of main before the merge")


def test_a_squash_whose_head_is_not_in_the_checkout_is_fetched(company: Company, tmp_path: Path) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.approve(number)
    head, before = company.github.pulls[number]["head"]["sha"], company.main
    company.git("checkout", "-q", "-B", "main", company.main)
    company.git("merge", "-q", "--squash", head)
    company.git("commit", "-q", "-m", "Squashed")
    company.main = company.git("rev-parse", "HEAD")
    company.github.pulls[number] |= {"merged_at": company.github.now(), "merge_commit_sha": company.main}
    company.git("update-ref", f"refs/pull/{number}/head", head)
    whole = tmp_path / "whole"
    company.repository.rename(whole)
    clone = ["git", "clone", "-q", "--no-local", "--single-branch", "--branch", "main", str(whole)]
    subprocess.run([*clone, str(company.repository)], check=True, capture_output=True)
    ran = company.push(before)
    assert ran.code == 0, ran.log
    assert "### Applied as run" in company.comment(number)


# -- where GitHub fails in the middle


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("POST graphql", 502, 1),
        ("POST graphql", 403, 1),
        ("GET activity", 404, 1),
        ("GET activity", 500, 1),
        ("GET pulls/.*/commits", 403, 1),
        ("GET collaborators", 500, 1),
        ("GET collaborators", 404, 6),
        ("GET git/commits", 503, 1),
        ("GET git/commits", 404, 6),
        ("GET actions/runs", 500, 1),
        ("GET actions/artifacts/.*/zip", 404, 1),
    ],
)
def test_where_github_refuses_in_the_middle_nothing_is_applied_and_that_is_told(
    company: Company, released: int, monkeypatch: pytest.MonkeyPatch, fault: str, status: int, code: int
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    company.approve(released)
    company.github.faults = [(fault, status, 99)]
    before = company.store.read_bytes()
    ran = company.merge(released)
    assert ran.code == code, ran.log
    assert "Nothing was applied." in company.comment(released)
    assert company.store.read_bytes() == before
    company.github.faults = []
    assert company.push(f"{company.main}^").code == 0, "once it answers, the same merge is applied"


# -- the rest


def test_an_edit_of_a_merged_pull_request_leaves_what_is_told_of_the_apply(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.merge(number)
    told = company.comment(number)
    assert "### Applied as run" in told
    company.github.edit_text(number, "Another text.", "olga")
    company.plan(number, attempt=2)
    assert company.comment(number) == told


def test_the_comment_gives_the_line_to_write_and_no_command(company: Company) -> None:
    company.gone |= {f"p{number}" for number in range(10, 20)}
    company.read()
    company.push(company.main)
    number = company.propose({})
    company.plan(number)
    told = company.comment(number)
    assert "<br>`idsync-allow: user_deletes=REASON`" in told
    assert "idsync apply -c" not in told
    assert "/idsync-action-files" not in told


def test_a_doubt_is_released_by_a_person_alone_and_its_comment_is_known_again(company: Company) -> None:
    for number in range(10, 40):
        company.people.pop(f"p{number}")
    company.read()
    company.push(company.main)
    edit = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(edit)
    told = company.comment(edit)
    assert "a person applies it where the store is, with `idsync apply` and `--allow " in told
    assert "idsync-allow: source" not in told
    company.approve(edit)
    assert company.merge(edit).code == 7, "what was reviewed is known again, and the doubt stands"


@pytest.mark.parametrize("workflow", ["apply.yml", "reconcile.yml", "drift.yml"])
def test_a_public_repository_gets_nothing_that_names_people(company: Company, workflow: str) -> None:
    company.github.private = False
    company.github.artifacts.clear()
    company.gone.add("p07")
    company.read()
    ran = company.push(company.main) if workflow == "apply.yml" else company.scheduled(workflow)
    assert ran.code == 64
    assert "allow-public" in ran.log
    assert not company.github.artifacts
    assert "p07" not in ran.log + ran.summary + str(company.issue)
    if workflow == "reconcile.yml":
        assert ran.outputs["exit-code"] == "0", "the leaver is locked all the same"


def test_a_pull_request_of_a_public_repository_is_not_planned(company: Company) -> None:
    company.github.private = False
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    assert ran.code == 64
    assert "This repository is public" in company.comment(number)
    assert "painter" not in company.comment(number)


def test_reconcile_locks_leavers_while_github_does_not_answer(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    company.gone.add("p07")
    company.read()
    company.github.faults = [(".", 503, 9999)]
    ran = company.scheduled("reconcile.yml")
    assert ran.code == 1
    assert ran.outputs["exit-code"] == "0"
    assert "p07" not in ran.log
