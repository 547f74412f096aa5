"""A company with a repository, an Okta and a directory: what happens in it, and the jobs that then run."""

import json
import shutil
import subprocess
import tempfile
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.action.fake_github import FakeGitHub
from tests.action.runner import Ran, Runner

CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec:
  org_url: https://enzos-pizza.okta.com
  app: {id: 0oa1}
  source: {snapshot: {path: OKTA}}
  store: sqlite:///STORE
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {owners: [olga]}
"""
RULE = """\
apiVersion: idsync/v1
kind: RoleMapping
spec: {rules: [{trait: okta/team, value: "VALUE", roles: [ROLE]}]}
"""


class Company:
    """Forty people in one team. Workflows of the examples run on what happens; the first push has happened."""

    def __init__(self, folder: Path, github: FakeGitHub) -> None:
        self.github = github
        self.folder = folder
        self.repository = folder / "repository"
        self.okta = folder / "okta.json"
        self.store = folder / "idsync.db"
        self.runner = Runner(github, folder / "runner")
        self.secrets = {"OKTA_API_TOKEN": "00secret", "IDSYNC_STORE": f"sqlite:///{self.store}"}
        self.people = {f"p{number:02}": "red" for number in range(40)}
        self.gone: set[str] = set()
        self.read()
        self.begin()
        config = CONFIG.replace("OKTA", str(self.okta)).replace("STORE", str(self.store))
        self.main = self.commit({"idsync.yaml": config})

    def begin(self) -> None:
        """Make the repository, and say who may write to it."""
        self.before = "0" * 40
        self.github.permissions |= {"olga": "write", "piet": "write", "rita": "read"}
        (self.repository / "access").mkdir(parents=True)
        self.git("init", "-q", "-b", "main")

    def read(self) -> None:
        """Let Okta say how things are now."""
        users = [
            {
                "id": f"00u{name}",
                "username": name,
                "status": "DEPROVISIONED" if name in self.gone else "ACTIVE",
                "profile": {"team": team},
            }
            for name, team in self.people.items()
        ]
        snapshot = {
            "format_version": "1.0",
            "org_url": "https://enzos-pizza.okta.com",
            "app_id": "0oa1",
            "taken_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "complete": True,
            "users": users,
            "groups": [],
            "apps": [],
        }
        self.okta.write_text(json.dumps(snapshot))

    def git(self, *arguments: str) -> str:
        """Run git in the checkout."""
        who = ["-c", "user.name=olga", "-c", "user.email=olga@example.com", "-c", "commit.gpgsign=false"]
        ended = subprocess.run(
            ["git", "-C", str(self.repository), *who, *arguments], capture_output=True, text=True, check=True
        )
        return ended.stdout.strip()

    def commit(self, files: dict[str, str]) -> str:
        """Commit files of the configuration on the branch that is checked out; the commit."""
        for name, text in files.items():
            path = self.repository / "access" / name
            path.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "Change the configuration")
        return self.git("rev-parse", "HEAD")

    def propose(
        self, files: dict[str, str], body: str = "", author: str = "olga", repository: str = "enzo/access"
    ) -> int:
        """Open a pull request with these files; its number."""
        self.git("checkout", "-q", "-B", f"branch-{len(self.github.pulls)}", self.main)
        return self.github.add_pull(self.commit(files), author, body, repository)

    def push_to(self, number: int, files: dict[str, str], who: str = "olga") -> None:
        """Let somebody push files to the branch of a pull request."""
        self.git("checkout", "-q", self.github.pulls[number]["head"]["sha"])
        self.github.push(number, self.commit(files), who)

    def check_out(self, number: int) -> str:
        """Check out what GitHub merged a pull request to, and its commit."""
        head = self.github.pulls[number]["head"]["sha"]
        self.git("checkout", "-q", "--detach", self.main)
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {head} into {self.main}", head)
        sha = self.git("rev-parse", "HEAD")
        self.github.trees[sha] = self.git("rev-parse", "HEAD^{tree}")
        return sha

    def plan(self, number: int, *, attempt: int = 1, comments: bool = True) -> Ran:
        """Run the workflow that plans; it comments where it may."""
        pull = self.github.pulls[number]
        sha = self.check_out(number)
        event = {"pull_request": pull, "repository": {"default_branch": "main"}}
        ran = self.runner.job("plan.yml", "plan", self.repository, "pull_request", event, sha, attempt=attempt)
        if comments:
            told = self.runner.job(
                "plan.yml", "comment", self.repository, "pull_request", event, sha, run=ran.run, attempt=attempt
            )
            assert told.code == 0, told.log
        return ran

    def approve(self, number: int, who: str = "piet") -> None:
        """Let somebody approve a pull request as it is."""
        head = self.github.pulls[number]["head"]["sha"]
        user = {"login": who, "type": "Bot" if who.endswith("[bot]") else "User"}
        review = {"user": user, "state": "APPROVED", "commit_id": head, "submitted_at": self.github.now()}
        self.github.reviews.setdefault(number, []).append(review)

    def merge(self, *numbers: int) -> Ran:
        """Merge pull requests with one push, and run the workflow that applies."""
        before = self.main
        for number in numbers:
            pull = self.github.pulls[number]
            self.git("checkout", "-q", "-B", "main", self.main)
            self.git("merge", "-q", "--no-ff", "-m", f"Merge #{number}", pull["head"]["sha"])
            self.main = self.git("rev-parse", "HEAD")
            pull |= {"merged_at": self.github.now(), "merge_commit_sha": self.main}
        return self.push(before)

    def push(self, before: str) -> Ran:
        """Run the workflow that applies, after a push to the main branch."""
        self.git("checkout", "-q", "-B", "main", self.main)
        event = {"before": before, "after": self.main, "repository": {"default_branch": "main"}}
        return self.runner.job("apply.yml", "apply", self.repository, "push", event, self.main, secrets=self.secrets)

    def scheduled(self, workflow: str) -> Ran:
        """Run what a schedule runs."""
        self.git("checkout", "-q", "-B", "main", self.main)
        job = workflow.removesuffix(".yml")
        event: dict[str, Any] = {"repository": {"default_branch": "main"}}
        return self.runner.job(workflow, job, self.repository, "schedule", event, self.main, secrets=self.secrets)

    def comment(self, number: int) -> str:
        """The one comment on a pull request."""
        rows = self.github.comments.get(number, [])
        assert len(rows) == 1, "there is one comment, which is kept up to date"
        return str(rows[0]["body"])

    @property
    def issue(self) -> dict[str, Any] | None:
        """The one issue."""
        assert len(self.github.issues) <= 1, "there is one issue, which is kept up to date"
        return next(iter(self.github.issues.values()), None)


class Past:
    """A company as it is at one moment, to begin tests from: making it takes a hundred times as long as copying it.

    All that begin from it stand in the same folder, one after the other, for its configuration names the folder.
    """

    def __init__(self, company: Company) -> None:
        """Keep the files of a company, and what is known of it."""
        self._files = Path(tempfile.mkdtemp(dir=company.folder.parent))
        shutil.copytree(company.folder, self._files, dirs_exist_ok=True)
        self._company, self._known = deepcopy((company, vars(company.github)))

    def again(self, github: FakeGitHub) -> Company:
        """The company as it was then, with a GitHub that has just begun, and that knows what was known then."""
        vars(github).update(deepcopy(self._known), address=github.address)
        company = deepcopy(self._company, {id(self._company.github): github})
        shutil.rmtree(company.folder)
        shutil.copytree(self._files, company.folder)
        return company


def rule(value: str, role: str) -> str:
    """A file with a rule that gives a role to a team."""
    return RULE.replace("VALUE", value).replace("ROLE", role)
