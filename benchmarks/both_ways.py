"""What memberships cost that go both ways: `python -m benchmarks.both_ways --people 5000 --edits 1000`.

An organization on a socket of this machine is read and applied, once with memberships that go one way and once with
both directions. Then memberships are edited in the directory, and go out. Requests are counted; seconds are of the
whole command.
"""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import click
import yaml

from idsync.cli.application import run
from tests.okta_simulator import DEFAULT_TOKEN, Limits, Organization, Simulator, running

CONFIG = """\
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {url}
  app: {{label: Teleport}}
  auth: {{api_token: {{env: OKTA_API_TOKEN}}}}
  source: {{okta: {{}}}}
  store: sqlite:///{store}.db
  rate_limit_share: 100
  sync: {{bidirectional: {both}}}
---
apiVersion: idsync/v1
kind: DefaultOwners
spec: {{owners: [p0@enzos-pizza.com]}}
---
apiVersion: idsync/v1
kind: Guards
spec: {{upstream_additions: {{percent: 100, floor: 100000}}}}
"""
_GROUPS = 50
_MEMBERS = 20
"""Each of so many groups has so many members, beside those who are edited into the first."""
_NO_LIMIT = 10_000_000


@dataclass(frozen=True)
class Cost:
    """What one command took."""

    requests: int
    writes: int
    seconds: float


class World:
    """An organization of so many people, and a folder of configuration."""

    def __init__(self, folder: Path, people: int) -> None:
        self.folder = folder
        self.organization = Organization()
        users = [self.organization.add_user(f"p{number}@enzos-pizza.com") for number in range(people)]
        app = self.organization.add_app("Teleport")
        for user in users:
            self.organization.assign_user(app, user)
        self.groups = [
            self.organization.add_group(f"team-{number}", members=users[number * _MEMBERS : (number + 1) * _MEMBERS])
            for number in range(_GROUPS)
        ]
        buckets = dict.fromkeys(("groups", "apps", "users", "app"), _NO_LIMIT)
        limits = Limits(self.organization.clock, self.organization.switches, overrides=buckets)
        self.simulator = Simulator(self.organization, limits=limits)

    def run(self, *arguments: str) -> Cost:
        """One command, which must succeed."""
        self.simulator.requests.clear()
        begun = time.perf_counter()
        code = run([*arguments, "-q", "-c", str(self.folder)])
        seconds = time.perf_counter() - begun
        if code != 0:
            raise click.ClickException(f"idsync {' '.join(arguments)} ended with {code}")
        requests = self.simulator.requests
        return Cost(requests.total, len(requests.writes), seconds)

    def edited(self, people: range) -> Path:
        """A file in which these people join the first group's list."""
        file = self.folder / "members.json"
        name = self.groups[0].id
        members = [
            {
                "kind": "access_list_member",
                "version": "v1",
                "metadata": {"name": f"p{number}@enzos-pizza.com"},
                "spec": {"access_list": name, "name": f"p{number}@enzos-pizza.com"},
            }
            for number in people
        ]
        file.write_text(yaml.safe_dump_all(members))
        return file


def measured(people: int, edits: int, folder: Path) -> dict[str, Cost]:
    """The cost of each pass, by what it does."""
    world = World(folder, people)
    found: dict[str, Cost] = {}
    with running(world.simulator) as url:
        for store, both in (("one-way", "false"), ("both-ways", "true")):
            (folder / "idsync.yaml").write_text(CONFIG.format(url=url, store=folder / store, both=both))
            found[f"first apply, {store}"] = world.run("apply", "--auto-approve")
            world.run("apply", "--auto-approve")
            found[f"apply without changes, {store}"] = world.run("apply", "--auto-approve")
        first = _GROUPS * _MEMBERS
        world.run("create", "-f", str(world.edited(range(first, first + edits))))
        found[f"apply of {edits:,} edited memberships"] = world.run("apply", "--auto-approve")
        found["apply after it"] = world.run("apply", "--auto-approve")
    return found


@click.command()
@click.option("--people", type=click.IntRange(min=1), default=5000, show_default=True)
@click.option("--edits", type=click.IntRange(min=1), default=1000, show_default=True)
def print_table(people: int, edits: int) -> None:
    """Measure, and print a table."""
    os.environ["OKTA_API_TOKEN"] = DEFAULT_TOKEN
    if people < _GROUPS * _MEMBERS + edits:
        raise click.UsageError(f"{edits} edits need {_GROUPS * _MEMBERS + edits} people.")
    with tempfile.TemporaryDirectory(prefix="idsync-both-ways-") as folder:
        costs = measured(people, edits, Path(folder))
    click.echo(f"{people:,} people, {_GROUPS} groups\n")
    click.echo("| pass | requests | of these writes | seconds |\n|---|--:|--:|--:|")
    for name, cost in costs.items():
        click.echo(f"| {name} | {cost.requests:,} | {cost.writes:,} | {cost.seconds:.2f} |")


if __name__ == "__main__":
    print_table()
