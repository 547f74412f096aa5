"""The client of GitHub's API: patient with what passes, clear about what does not, careful with its token."""

import pytest

from action.github import TRIES, GitHub, GitHubError
from tests.action.fake_github import REPOSITORY, FakeGitHub


@pytest.fixture
def slept() -> list[float]:
    """How long it waited, without waiting."""
    return []


@pytest.fixture
def client(github: FakeGitHub, slept: list[float]) -> GitHub:
    """A client of the GitHub on loopback."""
    return GitHub(github.address, REPOSITORY, "ghs_token", slept.append)


@pytest.mark.parametrize("status", [403, 429, 500, 502, 503])
def test_what_passes_is_asked_again(github: FakeGitHub, client: GitHub, slept: list[float], status: int) -> None:
    number = github.add_pull("abc")
    github.faults = [("GET pulls", status, TRIES - 1)]
    assert client.get(f"pulls/{number}")["number"] == number
    assert len(slept) == TRIES - 1


@pytest.mark.parametrize("status", [500, 401, 422])
def test_what_stays_is_told_with_method_path_and_reason(github: FakeGitHub, client: GitHub, status: int) -> None:
    github.faults = [("GET pulls", status, 99)]
    with pytest.raises(GitHubError, match=rf"GitHub answered {status} to GET .*/pulls/1: out of order") as told:
        client.get("pulls/1")
    assert told.value.status == status


def test_a_missing_permission_is_named_as_the_likely_cause(github: FakeGitHub, client: GitHub) -> None:
    github.read_only = True
    with pytest.raises(GitHubError, match="have the permission"):
        client.send("POST", "issues", {})


def test_what_may_have_been_written_is_not_written_twice(github: FakeGitHub, client: GitHub) -> None:
    github.faults = [("POST issues", 502, 1)]
    with pytest.raises(GitHubError):
        client.send("POST", "issues", {"title": "x", "body": "y"})
    assert github.asked.count("POST issues") == 1


def test_every_page_of_a_listing_is_read(github: FakeGitHub, client: GitHub) -> None:
    github.comments[1] = [{"id": number} for number in range(250)]
    assert len(list(client.rows("issues/1/comments"))) == 250


def test_the_token_does_not_follow_to_another_host(github: FakeGitHub, client: GitHub) -> None:
    run = github.add_run("apply.yml", "push", "abc", "main")
    artifact = github.add_artifact(run, "idsync-recording-access", b"content")
    assert client.archive(artifact) == b"content"
    assert "STORED without a token" in github.asked


def test_a_github_that_does_not_answer_is_an_error_that_says_so(slept: list[float]) -> None:
    client = GitHub("http://127.0.0.1:9", REPOSITORY, "ghs_token", slept.append)
    with pytest.raises(GitHubError, match="did not answer GET"):
        client.get("pulls/1")
    assert len(slept) == TRIES - 1
