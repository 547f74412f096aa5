"""A whole Okta organization in memory: add, change and remove users, groups and apps; or generate thousands."""

import time
from collections.abc import Mapping
from itertools import accumulate

from tests.okta_simulator.applications import DEFAULT_MAPPING, Applications
from tests.okta_simulator.moments import DAY, Clock
from tests.okta_simulator.objects import App, DirectAssignment, Group, GroupAssignment, User, UserStatus
from tests.okta_simulator.switches import Switches

SSO_APP = "Teleport"
STATUSES: Mapping[UserStatus, float] = {
    "ACTIVE": 0.92,
    "SUSPENDED": 0.02,
    "DEPROVISIONED": 0.02,
    "STAGED": 0.01,
    "PROVISIONED": 0.01,
    "PASSWORD_EXPIRED": 0.01,
    "LOCKED_OUT": 0.005,
    "RECOVERY": 0.005,
}

_FIRST = "Ada Boris Chloe Dmitri Elif Farid Greta Hiro Ines Jonas Keiko Luca Maya Noor Otto Priya Quinn Rosa Sven"
_LAST = "Abe Berg Costa Dubois Eriksen Fischer Garcia Haddad Ito Jansen Kim Lopez Meyer Novak Okafor Patel Rossi"
_DEPARTMENTS = ("Engineering", "Sales", "Finance", "Support", "Legal", "Marketing", "Security", "People")
_TITLES = ("Engineer", "Lead", "Manager", "Analyst", "Director", "Intern")


class Organization(Applications):
    """An Okta organization. A new one holds the built-in group Everyone and nothing else."""

    def __init__(
        self,
        *,
        seed: int = 0,
        subdomain: str = "enzos-pizza",
        switches: Switches | None = None,
        clock: Clock = time.time,
    ) -> None:
        super().__init__(seed=seed, subdomain=subdomain, switches=switches, clock=clock)
        profile = {"name": "Everyone", "description": "All users in your organization"}
        moment = self.created
        self.put_group(Group(self.new_id("00g"), "BUILT_IN", profile, moment, moment, moment, everyone=True))

    @property
    def sso_app(self) -> App:
        """The app whose users a generated organization is about."""
        return self.app(SSO_APP)

    @classmethod
    def generate(
        cls,
        seed: int,
        *,
        users: int = 100,
        groups: int = 10,
        apps: int = 5,
        members_per_group: int = 20,
        users_per_app: int = 20,
        groups_per_app: int = 1,
        statuses: Mapping[UserStatus, float] = STATUSES,
        subdomain: str = "enzos-pizza",
        switches: Switches | None = None,
        clock: Clock = time.time,
    ) -> "Organization":
        """A believable organization of that size, the same for the same seed, its past beyond the log's memory.

        `apps` counts the SSO app, which all users have through Everyone; each other app has `users_per_app` direct
        users and `groups_per_app` groups. Group sizes vary between half and one and a half of `members_per_group`.
        """
        organization = cls(seed=seed, subdomain=subdomain, switches=switches, clock=clock)
        organization._fill_users(users, statuses)
        organization._fill_groups(groups, members_per_group)
        organization._fill_apps(apps, users_per_app, groups_per_app)
        organization.restructure()
        return organization

    def _past_moment(self) -> int:
        return self.created - self.random.randrange(100 * DAY, 1000 * DAY)

    def _fill_users(self, count: int, statuses: Mapping[UserStatus, float]) -> None:
        names = list(statuses)
        weights = list(accumulate(statuses.values()))
        chosen = self.random.choices(names, cum_weights=weights, k=count)
        for number, status in enumerate(chosen):
            first, last = self.random.choice(_FIRST.split()), self.random.choice(_LAST.split())
            login = f"{first}.{last}.{number}@enzos-pizza.com".lower()
            profile = {
                "firstName": first,
                "lastName": last,
                "login": login,
                "email": login,
                "department": self.random.choice(_DEPARTMENTS),
                "title": self.random.choice(_TITLES),
                "employeeNumber": str(10_000 + number),
                "mobilePhone": None,
                "secondEmail": None,
            }
            moment = self._past_moment()
            later = moment + self.random.randrange(90 * DAY)
            activated = None if status == "STAGED" else moment
            user = User(self.new_id("00u"), status, profile, moment, later, activated, later, None, activated)
            self.users[user.id] = user
            self.user_ids.append(user.id)
            self.logins[login] = user.id

    def _fill_groups(self, count: int, mean: int) -> None:
        for number in range(count):
            moment = self._past_moment()
            later = moment + self.random.randrange(90 * DAY)
            size = min(len(self.user_ids), self.random.randint(mean // 2, mean + mean // 2))
            team = _DEPARTMENTS[number % len(_DEPARTMENTS)].lower()
            profile = {"name": f"{team}-{number}", "description": f"Group {number} of {team}"}
            members = dict.fromkeys(self.random.sample(self.user_ids, size), later)
            group = Group(self.new_id("00g"), "OKTA_GROUP", profile, moment, moment, later, members)
            self.groups[group.id] = group
            self.group_ids.append(group.id)

    def _fill_apps(self, count: int, users_per_app: int, groups_per_app: int) -> None:
        everyone = self.everyone.id
        usual = [key for key in self.group_ids if key != everyone]
        alive = [user.id for user in self.users.values() if user.status != "DEPROVISIONED"]
        for number in range(count):
            moment = self._past_moment()
            label = SSO_APP if number == 0 else f"App {number}"
            name = f"{self.subdomain.replace('-', '')}_{label.lower().replace(' ', '')}_1"
            app = App(self.new_id("0oa"), name, label, "SAML_2_0", "ACTIVE", moment, moment)
            app.profile_mapping = DEFAULT_MAPPING
            if number == 0:
                app.groups[everyone] = GroupAssignment(everyone, 0, moment)
            else:
                for key in self.random.sample(alive, min(users_per_app, len(alive))):
                    app.users[key] = DirectAssignment(key, moment, moment)
                for priority, key in enumerate(self.random.sample(usual, min(groups_per_app, len(usual)))):
                    app.groups[key] = GroupAssignment(key, priority, moment)
            self.apps[app.id] = app
