"""A small organization whose weeks are alike: joiners, movers, leavers who return, renames, groups, imports."""

import random
from dataclasses import dataclass, field

from tests.okta_scim_client import Dialect, Engine, OktaScimClient, Quirks
from tests.okta_scim_client.people import Assigned, Group

PEOPLE = 40
AWAY = 6
"""So many of them are not assigned at any time; some leave, and as many return, each week."""
MOVERS = 3
DEPARTMENTS = ("Engineering", "Sales", "Support")


@dataclass
class Organization:
    """An app of Okta that pushes to one service."""

    okta: Engine
    chance: random.Random
    here: list[Assigned] = field(default_factory=list)
    away: list[Assigned] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    weeks: int = 0

    @classmethod
    def founded(cls, client: OktaScimClient, dialect: Dialect, seed: int) -> "Organization":
        """Everybody joins, three groups are pushed, and the first leave."""
        okta = Engine(client, dialect)
        people = [okta.person(f"00u{number}", f"p{number}@x.com", department="Sales") for number in range(PEOPLE)]
        organization = cls(okta, random.Random(seed), people)
        for person in people:
            okta.assign(person)
        for number, name in enumerate(("eng", "ops", "all")):
            organization.groups.append(okta.push_group(name, people[number::3] if number < 2 else people))
        organization._leave(AWAY)
        return organization

    def week(self) -> None:
        """One week. Nothing that is pushed may fail."""
        self.weeks += 1
        returning = self.away[: AWAY // 2]
        self.away = self.away[AWAY // 2 :]
        self._leave(AWAY // 2)
        for person in returning:
            self.okta.assign(person)
        self.here += returning
        for person in self.chance.sample(self.here, MOVERS):
            self.okta.change_profile(person, department=self.chance.choice(DEPARTMENTS))
            group = self.chance.choice(self.groups[:2])
            joins = person.okta_id not in group.members
            moved = (person,)
            self.okta.change_members(group, joined=moved if joins else (), left=() if joins else moved)
        self._rename()
        for group in self.groups:
            self.okta.push_now(group)
        self.okta.import_all()
        assert self.okta.tasks == [], self.okta.tasks

    @property
    def members(self) -> dict[str, list[str]]:
        """Who is in each list, by its title."""
        active = {person.okta_id: person.username for person in self.here}
        return {group.name: sorted(active[each] for each in group.members if each in active) for group in self.groups}

    def _leave(self, count: int) -> None:
        leaving = self.chance.sample(self.here, count)
        for person in leaving:
            self.here.remove(person)
            self.okta.deactivate(person)
        self.away += leaving

    def _rename(self) -> None:
        """One group, and one person, whose name goes to and fro."""
        group, person = self.groups[0], self.here[0]
        self.okta.rename_group(group, "eng" if group.name != "eng" else "engineers")
        other = person.username.startswith("q")
        self.okta.change_profile(person, username=("p" if other else "q") + person.username[1:])


def client(http: object, token: str) -> OktaScimClient:
    """Okta's client, without the quirks that observations disagree about."""
    return OktaScimClient(http, "", token, Quirks())  # type: ignore[arg-type]
