"""docs/github.md, walked from its beginning: an Okta on a socket, the scripts of the action as they are written."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.programs import TOKEN
from tests.action.company import Company
from tests.action.fake_github import FakeGitHub
from tests.action.runner import Runner
from tests.okta_simulator import Limits, Organization, Simulator, running

pytestmark = pytest.mark.long


PEOPLE = 90
DEPLOYERS = """\
apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/department, value: Engineering, roles: [deployer]}]}
"""


class Walker(Company):
    """Somebody who follows the document, with an Okta that is read over HTTP."""

    def __init__(self, folder: Path, github: FakeGitHub, url: str, app: str) -> None:
        self.github = github
        self.repository = folder / "repository"
        self.runner = Runner(github, folder / "runner", as_written=True)
        self.secrets = {**TOKEN, "IDSYNC_STORE": f"sqlite:///{folder / 'idsync.db'}"}
        self.begin()
        (self.repository / "access").rmdir()
        init = ["init", "access", "--org-url", url, "--app-label", app, "--owner", "ann@acme.com"]
        subprocess.run([sys.executable, "-m", "idsync", *init], cwd=self.repository, check=True, capture_output=True)
        config = self.repository / "access" / "idsync.yaml"
        text = re.sub(r"(?m)^  # store:.*$", "  store: {env: IDSYNC_STORE}", config.read_text())
        assert "{env: IDSYNC_STORE}" in text
        self.main = self.commit({"idsync.yaml": text})


def test_from_an_empty_repository_to_a_released_guard(tmp_path: Path, github: FakeGitHub) -> None:
    organization = Organization.generate(
        7, users=PEOPLE, groups=3, apps=2, members_per_group=5, statuses={"ACTIVE": 1.0}
    )
    roomy = dict.fromkeys(("groups", "apps", "users", "app"), 9000)
    simulator = Simulator(organization, limits=Limits(organization.clock, organization.switches, overrides=roomy))
    with running(simulator) as url:
        walker = Walker(tmp_path, github, url, organization.sso_app.label)
        people = sorted(organization.users.values(), key=lambda user: user.login)

        # 2. The repository: the first push records, and applies nothing.
        ran = walker.push(walker.before)
        assert ran.code == 0, ran.log
        assert "Nothing was applied yet" in ran.log

        # 3. The first pull request, which is an empty commit.
        first = walker.propose({})
        ran = walker.plan(first)
        assert ran.code == 0, ran.log
        assert f"{PEOPLE}" in walker.comment(first)
        assert walker.merge(first).code == 0
        assert "### Applied as run 1, at" in walker.comment(first)

        # 4. An edit.
        edit = walker.propose({"deployers.yaml": DEPLOYERS})
        assert walker.plan(edit).code == 0
        assert "deployer" in walker.comment(edit)
        assert "deployers.yaml" in walker.comment(edit)
        assert walker.merge(edit).code == 0
        assert "### Applied as run 2, at" in walker.comment(edit)

        # 5. A leaver.
        organization.deactivate(people[0])
        ran = walker.scheduled("reconcile.yml")
        assert ran.code == 0, ran.log
        assert people[0].login in ran.summary

        # 6. A guard that holds, and its release.
        for person in people[1:13]:
            organization.deactivate(person)
        ran = walker.scheduled("reconcile.yml")
        assert ran.code == 0, "what is held is told in the issue, and does not fail the job"
        assert ran.outputs["exit-code"] == "5"
        assert walker.issue is not None
        assert walker.issue["title"] == "idsync: access needs somebody"
        walker.push(walker.main)
        release = walker.propose(
            {}, "Berlin closed.\n\nidsync-allow: user_deletes=the Berlin office closed, ticket 4711"
        )
        assert walker.plan(release).code == 0
        assert "the Berlin office closed" in walker.comment(release)
        walker.approve(release)
        ran = walker.merge(release)
        assert ran.code == 0, ran.log
        assert walker.scheduled("reconcile.yml").code == 0
        assert walker.issue["state"] == "closed"
