"""A company whose first push has happened, and one whose configuration was applied."""

from collections.abc import Iterator

import pytest

from tests.action.company import Company, Past, rule
from tests.action.fake_github import FakeGitHub, serving


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub on loopback."""
    with serving(FakeGitHub()) as github:
        yield github


@pytest.fixture(scope="session")
def past_start(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """A company whose first push was recorded."""
    with serving(FakeGitHub()) as github:
        company = Company(tmp_path_factory.mktemp("company") / "here", github)
        ran = company.push(company.before)
    assert ran.code == 0, ran.log
    return Past(company)


@pytest.fixture(scope="session")
def past_apply(past_start: Past) -> Past:
    """A company whose first pull request was merged: its configuration is applied."""
    with serving(FakeGitHub()) as github:
        company = past_start.again(github)
        first = company.propose({"roles.yaml": rule("*", "team-$1")})
        assert company.plan(first).code == 0
        ran = company.merge(first)
    assert ran.code == 0, ran.log
    return Past(company)


@pytest.fixture
def started(past_start: Past, github: FakeGitHub) -> Company:
    """A company whose first push was recorded."""
    return past_start.again(github)


@pytest.fixture
def company(past_apply: Past, github: FakeGitHub) -> Company:
    """A company whose first pull request was merged: its configuration is applied."""
    return past_apply.again(github)
