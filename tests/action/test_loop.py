"""The loop of the example workflows: from an empty repository to a release of a guard, as the runner would run it."""

import io
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from idsync.plan.planfile import decode_plan, encode_plan
from idsync.plan.seal import sealed
from tests.action.company import Company, rule


def test_the_first_push_records_and_applies_nothing(started: Company) -> None:
    assert [row["name"] for row in started.github.artifacts.values()] == ["idsync-recording-access"]
    assert started.issue is None
    reconciled = started.scheduled("reconcile.yml")
    assert reconciled.code == 0, reconciled.log
    assert "Nothing was applied yet" in reconciled.log


def test_a_pull_request_is_planned_without_a_secret_and_applied_after_the_merge(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    assert ran.code == 0, ran.log
    assert ran.outputs["changes"] == "true"
    told = company.comment(number)
    assert "painter" in told
    planned = company.git("rev-parse", "HEAD")
    assert planned != company.github.pulls[number]["head"]["sha"]
    assert f"https://github.com/enzo/access/blob/{planned}/access/painters.yaml#L" in told, "lines of what was planned"
    assert f"https://github.com/enzo/access/actions/runs/{ran.run}" in told
    company.people["new"] = "red"
    company.gone.add("p07")
    company.read()
    merged = company.merge(number)
    assert merged.code == 0, merged.log
    told = company.comment(number)
    assert "### Applied as run" in told
    assert "What Okta changed since was applied before it, as run" in told
    assert "painter" in told, "the plan stays below the result"
    assert company.issue is None


def test_a_leaver_is_locked_by_the_schedule(company: Company) -> None:
    company.gone.add("p07")
    company.read()
    ran = company.scheduled("reconcile.yml")
    assert ran.code == 0, ran.log
    assert "p07" in ran.summary
    assert company.issue is None


def _burst(company: Company, count: int = 10) -> None:
    company.gone |= {f"p{number}" for number in range(10, 10 + count)}
    company.read()


LINES = (
    "Spring cleaning.\r\n\r\nidsync-allow: user_deletes=the kitchen closed\r\nidsync-allow: user_locks=it closed\r\n"
)


def test_a_burst_is_told_in_one_issue_and_released_by_a_pull_request(company: Company) -> None:
    _burst(company)
    for _ in range(2):
        ran = company.scheduled("reconcile.yml")
        assert ran.code == 0, "what is held is told in the issue, and does not fail the job"
        assert ran.outputs["exit-code"] == "5"
        assert company.issue is not None
        assert company.issue["html_url"] in ran.log
    assert company.issue is not None
    assert company.issue["state"] == "open"
    assert "user_deletes" in company.issue["body"]
    company.github.artifacts.clear()
    company.push(company.main)  # somebody looks on; what is there now is recorded
    number = company.propose({}, LINES)
    ran = company.plan(number)
    assert ran.code == 0, ran.log
    assert "the kitchen closed" in company.comment(number)
    company.approve(number)
    merged = company.merge(number)
    assert merged.code == 0, merged.log
    assert company.scheduled("reconcile.yml").code == 0
    assert company.issue["state"] == "closed"
    assert len(company.github.issues) == 1


def test_the_same_issue_is_opened_again(company: Company) -> None:
    _burst(company)
    company.scheduled("reconcile.yml")
    company.gone.clear()
    company.read()
    company.scheduled("reconcile.yml")
    issue = company.issue
    assert issue is not None
    assert issue["state"] == "closed"
    _burst(company)
    company.scheduled("reconcile.yml")
    assert company.issue is issue
    assert issue["state"] == "open"


def test_a_release_that_nobody_else_approved_is_not_applied(company: Company) -> None:
    _burst(company)
    company.push(company.main)
    number = company.propose({}, LINES)
    company.plan(number)
    company.approve(number, "olga")
    company.approve(number, "rita")
    merged = company.merge(number)
    assert merged.code == 6
    told = company.comment(number)
    assert "no approval counts for that: `rita` may not write to the repository; `olga` opened the pull request" in told


@pytest.mark.parametrize(
    "after",
    [
        LINES.replace("the kitchen closed", "the garden opened"),
        "",
        LINES.replace("idsync-allow: user_locks=it closed", ""),
    ],
)
def test_a_release_whose_text_changed_since_it_was_approved_is_exit_6(company: Company, after: str) -> None:
    _burst(company)
    company.push(company.main)
    number = company.propose({}, LINES)
    company.plan(number)
    company.approve(number)
    company.github.pulls[number]["body"] = after
    company.plan(number, attempt=2)
    merged = company.merge(number)
    assert merged.code == 6, merged.log
    assert "exit code 6" in company.comment(number)


def test_a_plan_that_was_forged_to_release_more_than_there_was_is_exit_6(company: Company) -> None:
    _burst(company)
    company.push(company.main)
    number = company.propose({}, LINES)
    company.plan(number)
    artifact = max(company.github.archives)
    digest = _digest_in(company.github.archives[artifact])
    company.github.archives[artifact] = _forged(company.github.archives[artifact])
    # A workflow on a branch can write as the same bot.
    (row,) = company.github.comments[number]
    forged = _digest_in(company.github.archives[artifact])
    company.github.edit_comment(row, row["body"].replace(digest, forged))
    company.approve(number)
    _burst(company, 20)
    merged = company.merge(number)
    assert merged.code == 6, merged.log
    assert "Made once more from its recording and its commits, the plan comes out otherwise" in company.comment(number)


def _digest_in(archive: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return decode_plan(opened.read("idsync.plan")).digest


def _forged(archive: bytes) -> bytes:
    """The artifact of a plan in which guards are released for more than they count."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    plan = decode_plan(files["idsync.plan"])
    guards = tuple(msgspec.structs.replace(each, count=each.count and 99) for each in plan.guards)
    files["idsync.plan"] = encode_plan(sealed(msgspec.structs.replace(plan, guards=guards, digest="")))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as written:
        for name, text in files.items():
            written.writestr(name, text)
    return content.getvalue()


def test_a_release_that_came_after_the_approval_is_exit_6(company: Company) -> None:
    _burst(company)
    company.push(company.main)
    number = company.propose({}, "Nothing to see here.")
    company.plan(number)
    company.approve(number)
    company.github.pulls[number]["body"] = LINES
    assert company.merge(number).code == 6


@pytest.mark.parametrize(
    ("author", "repository", "why"),
    [("rita", "enzo/access", "may not write"), ("olga", "olga/access", "in another repository")],
)
def test_lines_of_who_may_not_write_are_not_taken_and_that_is_shown(
    company: Company, author: str, repository: str, why: str
) -> None:
    _burst(company)
    company.push(company.main)
    number = company.propose({}, LINES, author, repository)
    ran = company.plan(number)
    assert ran.code == 0
    assert why in company.comment(number)
    assert "Released" not in company.comment(number)
    assert company.merge(number).code == 5


def test_a_broken_configuration_takes_the_place_of_the_plan_before(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.git("checkout", "-q", company.github.pulls[number]["head"]["sha"])
    company.github.pulls[number]["head"]["sha"] = company.commit({"painters.yaml": "kind: [\n"})
    ran = company.plan(number)
    assert ran.code == 3
    told = company.comment(number)
    assert "Validation failed" in told
    assert company.github.pulls[number]["head"]["sha"][:12] in told
    assert "painter" not in told.replace("painters.yaml", "")


def test_mistakes_are_told_to_people_in_words_and_to_github_at_their_lines(company: Company) -> None:
    number = company.propose({"painters.yaml": "kind: Gards\n"})
    ran = company.plan(number)
    assert "::error file=access/painters.yaml,line=1,col=7,title=idsync unknown_kind::" in ran.log
    told = company.comment(number)
    assert "::error" not in told
    assert 'painters.yaml:1:7: error unknown_kind: kind cannot be "Gards"' in told
    assert 'fix: Did you mean "Guards"?' in told


def test_what_a_line_gives_is_annotated_where_github_finds_the_file(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    assert "::notice file=access/painters.yaml,line=3," in ran.log
    assert "file=painters.yaml" not in ran.log


def test_a_recording_that_is_too_old_fails_the_plan_and_says_so(company: Company) -> None:
    for artifact in company.github.artifacts.values():
        artifact["created_at"] = (datetime.now(UTC) - timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%SZ")
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    assert ran.code == 7
    assert "older than 24 hours" in company.comment(number)


def test_another_edit_than_the_reviewed_one_is_told_with_its_difference(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    # Somebody resolves a conflict in the merge, and adds something that nobody reviewed.
    company.git("checkout", "-q", "-B", "main", company.main)
    company.git("merge", "-q", "--no-ff", "--no-commit", company.github.pulls[number]["head"]["sha"])
    before, company.main = company.main, company.commit({"admins.yaml": rule("red", "admin")})
    company.github.pulls[number] |= {
        "merged_at": company.github.now(),
        "merge_commit_sha": company.main,
    }
    ran = company.push(before)
    assert ran.code == 6, ran.log
    told = company.comment(number)
    assert "What would be applied and was not reviewed" in told
    assert "admin" in told
    assert company.issue is not None
    assert f"#{number} was not applied" in company.issue["body"]


def test_a_merge_queue_that_merges_two_at_once_applies_both_as_they_were_reviewed(company: Company) -> None:
    one = company.propose({"painters.yaml": rule("red", "painter")})
    two = company.propose({"singers.yaml": rule("red", "singer")})
    company.plan(one)
    company.plan(two)
    merged = company.merge(one, two)
    assert merged.code == 0, merged.log
    assert "### Applied as run" in company.comment(one)
    assert "### Applied as run" in company.comment(two)


def test_a_push_without_a_pull_request_is_exit_6_and_told_in_the_issue(company: Company) -> None:
    company.git("checkout", "-q", "-B", "main", company.main)
    before, company.main = company.main, company.commit({"admins.yaml": rule("red", "admin")})
    ran = company.push(before)
    assert ran.code == 6
    assert company.issue is not None
    assert "No pull request was merged" in company.issue["body"]


def test_a_plan_that_ended_before_it_could_say_why_is_told(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    pull = company.github.pulls[number]
    run = company.github.add_run("plan.yml", "pull_request", pull["head"]["sha"], "x")
    event = {"pull_request": pull, "repository": {"default_branch": "main"}}
    company.runner.job("plan.yml", "comment", company.repository, "pull_request", event, "merged", run=run)
    assert "ended before it could say why" in company.comment(number)


def test_a_commit_that_is_not_the_newest_any_more_has_not_the_last_word(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    before = company.comment(number)
    event = {"pull_request": {**company.github.pulls[number], "head": {"sha": "older"}}}
    company.runner.job("plan.yml", "comment", company.repository, "pull_request", event, "x", run=ran.run, attempt=9)
    assert company.comment(number) == before


def test_a_merge_queue_plans_what_it_would_merge(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.git("checkout", "-q", company.github.pulls[number]["head"]["sha"])
    event = {"merge_group": {"head_sha": "x"}, "repository": {"default_branch": "main"}}
    ran = company.runner.job("plan.yml", "plan", company.repository, "merge_group", event, "x")
    assert ran.code == 0, ran.log


def test_drift_is_told_in_the_same_issue_and_goes_when_it_goes(company: Company) -> None:
    command = [sys.executable, "-m", "idsync", "rm", "user/p03", "--auto-approve", "-c", "access"]
    subprocess.run(command, cwd=company.repository, check=True, capture_output=True)
    ran = company.scheduled("drift.yml")
    assert ran.code == 0, ran.log
    assert company.issue is not None
    assert "changed by hand" in company.issue["body"]
    assert "p03" in company.issue["body"]
    assert company.scheduled("reconcile.yml").code == 0
    assert company.issue["state"] == "open", "drift alone closes what drift opened"
    assert company.scheduled("drift.yml").code == 0
    assert company.issue["state"] == "closed"


def test_a_comment_that_cannot_be_posted_fails_the_job(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number, comments=False)
    company.github.read_only = True
    event = {"pull_request": company.github.pulls[number]}
    run = max(company.github.runs)
    ran = company.runner.job("plan.yml", "comment", company.repository, "pull_request", event, "x", run=run)
    assert ran.code == 1
    assert "have the permission" in ran.log


def test_a_github_that_fails_now_and_then_changes_nothing(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.github.faults = [("GET actions/artifacts", 502, 2), ("GET pulls", 503, 1)]
    assert company.plan(number).code == 0
    company.github.faults = [("GET commits", 500, 2), ("GET issues", 429, 1), ("PATCH", 502, 1)]
    assert company.merge(number).code == 0
    assert "### Applied as run" in company.comment(number)


def test_a_github_that_fails_for_good_fails_the_job_and_applies_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    number = company.propose({"painters.yaml": rule("red", "painter")})
    company.plan(number)
    company.github.faults = [("GET pulls/.*/reviews", 500, 99)]
    ran = company.merge(number)
    assert ran.code == 1
    assert "painter" not in company.store.read_bytes().decode("latin-1")


def test_no_secret_is_in_anything_that_people_or_jobs_can_read(company: Company) -> None:
    number = company.propose({"painters.yaml": rule("red", "painter")})
    ran = company.plan(number)
    merged = company.merge(number)
    for text in (ran.log, ran.summary, merged.log, merged.summary, company.comment(number)):
        assert "00secret" not in text
        assert "ghs_token" not in text
