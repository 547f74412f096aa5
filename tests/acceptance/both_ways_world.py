"""A small organization and a directory whose memberships go both ways, and what people do on either side."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.acceptance.okta_world import Place, served
from tests.okta_simulator import Organization, Simulator
from tests.okta_simulator.objects import App, Group, User

PEOPLE = ("ann", "bob", "cat", "dan")


class World:
    """Four people, a group and an app with two of them each, applied."""

    def __init__(self, organization: Organization, simulator: Simulator, place: Place) -> None:
        self.organization, self.simulator, self.place = organization, simulator, place
        self.people: dict[str, User] = {}
        self.group: Group
        self.app: App

    def switch(self, *, both: bool, more: str = "") -> None:
        """Write the configuration, with or without both directions."""
        self.place.configure(more=more)
        path = self.place.folder / "idsync.yaml"
        switch = f"  sync: {{bidirectional: {str(both).lower()}}}\n"
        text = path.read_text().replace("  rate_limit_share", f"{switch}  rate_limit_share")
        path.write_text(text)

    def edit(self, access_list: str, person: str, *, joins: bool) -> None:
        """A person's own hand on one membership in the directory."""
        name = login(person)
        if not joins:
            ended = self.place.run("rm", f"access_list_member/{access_list}/{name}", "--auto-approve")
        else:
            body = {
                "kind": "access_list_member",
                "version": "v1",
                "metadata": {"name": name},
                "spec": {"access_list": access_list, "name": name},
            }
            file = self.place.folder.parent / f"{self.place.folder.name}-member.yaml"
            file.write_text(yaml.safe_dump(body))
            ended = self.place.run("create", "-f", file)
        assert ended.code == 0, ended.out + ended.err

    def here(self, access_list: str) -> set[str]:
        """Who is in a list of the directory; nobody where there is none."""
        rows: list[dict[str, dict[str, str]]] = self.place.run("get", "access_list_members", "--format", "json").json
        return {row["spec"]["name"].partition("@")[0] for row in rows if row["spec"]["access_list"] == access_list}

    def there(self, group: Group) -> set[str]:
        """Who is in a group of Okta's."""
        ids = set(self.organization.member_ids(group))
        return {name for name, user in self.people.items() if user.id in ids}

    def assigned(self) -> set[str]:
        """To whom the app is assigned directly."""
        return {name for name, user in self.people.items() if user.id in self.app.users}

    def wrote(self) -> list[tuple[str, str]]:
        """The requests that wrote since this was asked last, each by method and path."""
        writes = [(each.method, each.route) for each in self.simulator.requests.writes]
        self.simulator.requests.clear()
        return writes


def login(person: str) -> str:
    return f"{person}@enzos-pizza.com"


@contextmanager
def agreed_world(folder: Path, more: str = "", *, as_process: bool = False) -> Iterator[World]:
    """The organization and a directory that agree, in which nothing was sent yet; `more` is configured besides."""
    organization = Organization()
    people = {name: organization.add_user(login(name)) for name in PEOPLE}
    sso = organization.add_app("Teleport")
    for user in people.values():
        organization.assign_user(sso, user)
    group = organization.add_group("eng", members=[people["ann"], people["bob"]])
    app = organization.add_app("Salesforce")
    for name in ("ann", "bob"):
        organization.assign_user(app, people[name])
    with served(organization, folder, as_process=as_process) as (simulator, place):
        world = World(organization, simulator, place)
        world.people, world.group, world.app = people, group, app
        world.switch(both=True, more=more)
        place.apply()
        place.plans_nothing()
        assert world.wrote() == []
        yield world
