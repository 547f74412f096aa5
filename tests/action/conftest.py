"""A company whose first push has happened, and one whose configuration was applied."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.action.company import Company
from tests.action.fake_github import FakeGitHub, serving


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """A GitHub on loopback."""
    with serving(FakeGitHub()) as github:
        yield github


@pytest.fixture
def started(tmp_path: Path, github: FakeGitHub) -> Company:
    """A company whose first push was recorded."""
    company = Company(tmp_path, github)
    ran = company.push(company.before)
    assert ran.code == 0, ran.log
    return company


@pytest.fixture
def company(started: Company) -> Company:
    """A company whose first pull request was merged: its configuration is applied."""
    first = started.propose({"roles.yaml": rule_of_all()})
    assert started.plan(first).code == 0
    ran = started.merge(first)
    assert ran.code == 0, ran.log
    return started


def rule_of_all() -> str:
    """The first file of rules."""
    from tests.action.company import rule

    return rule("*", "team-$1")
