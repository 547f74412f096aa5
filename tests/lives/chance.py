"""Random organizations and random weeks, of one seed each: the same seed makes the same life."""

from collections.abc import Callable
from random import Random

from tests.lives.events import BY_HAND, IN_OKTA, IN_THE_FILES, Event, Script, Week, happen
from tests.lives.organization import EVERYONE, GUARDS, App, Configuration, Group, Organization, Person

LOGINS = [
    f"{name}@x"
    for name in (
        *("ann", "bob", "cem", "dee", "eva", "flo", "gus", "hal", "ida", "jan"),
        *("kim", "leo", "mia", "ned", "ola", "pia", "quy", "rob", "sam", "tea"),
    )
]
DEPARTMENTS = ["Eng", "Ops", "Sales"]
GROUPS = ["eng-a", "eng-b", "ops", "sec", "aws-prod", "aws-dev"]
APPS = ["Wiki", "Chat"]
GROUP_RULES = [("Every*", "every$1"), ("aws-*", "aws-$1"), ("eng-*", "eng"), ("^(ops|sec)$", "on-$1"), ("*-*", "$2")]
DEPARTMENT_RULES = [("Eng", "dev"), ("O*", "op-$1"), ("Sales", "seller"), ("*", "in-$1")]
LIST_RULES = [("aws-*", "use-$1"), ("eng-*", "code"), ("*", "see")]
HOURS = [2, 26, 26, 75, 170]
BAD_READINGS = ["no groups", "groups empty", "a group empty", "profiles empty", "half of the people", "nobody"]
BAD_READINGS += ["an odd person", "an odd person", "an older one", "an older one"]


def random_life(seed: int, weeks: int) -> Script:
    """The life of a seed."""
    random = Random(seed)
    start = _organization(random)
    maker = _Weeks(random, start.copy())
    return Script(start, tuple(maker.week() for _ in range(weeks)))


def _organization(random: Random) -> Organization:
    organization = Organization(_configuration(random))
    for number, login in enumerate(random.sample(LOGINS, random.randint(5, 14))):
        okta_id = f"00u{number}"
        organization.people[okta_id] = Person(okta_id, login, profile=_profile(random))
    people = [*organization.people]
    for number, name in enumerate(random.sample(GROUPS, random.randint(3, 5))):
        members = random.sample(people, random.randint(1, len(people)))
        organization.groups[f"00g{number}"] = Group(f"00g{number}", name, {*members})
    if random.random() < 0.4:
        organization.groups[EVERYONE] = Group(EVERYONE, "Everyone", type="BUILT_IN")
    for number, label in enumerate(random.sample(APPS, random.randint(0, 2))):
        users = random.sample(people, random.randint(1, len(people)))
        organization.apps[f"0oa{number}"] = App(f"0oa{number}", label, users={*users})
    return organization


def _profile(random: Random) -> dict[str, str]:
    profile = {"department": random.choice(DEPARTMENTS)}
    return profile | ({"phone": str(random.randrange(100))} if random.random() < 0.5 else {})


def _configuration(random: Random) -> Configuration:
    return Configuration(
        default_roles=["base"],
        group_rules=random.sample(GROUP_RULES, random.randint(0, 3)),
        department_rules=random.sample(DEPARTMENT_RULES, random.randint(0, 2)),
        include=random.choice([None, None, ["eng-*", "aws-*", "ops"], ["*", "Everyone"]]),
        list_rules=random.sample(LIST_RULES, random.randint(0, 2)),
        owners=["chief@x", random.choice(LOGINS)],
        when_empty=random.choice(["delete", "keep"]),
        suspended=random.choice(["lock", "lock", "ignore", "delete"]),
        ttl=random.choice([12, 30, 30, 100, None]),
    )


class _Weeks:
    """Makes one week after another of an organization that goes along."""

    def __init__(self, random: Random, organization: Organization) -> None:
        self._random = random
        self._now = organization
        self._ids = 100
        self._used = dict.fromkeys(person.login for person in organization.people.values())
        self._kinds: list[tuple[int, Callable[[], list[Event]]]] = [
            (4, self._joiner),
            (5, self._leaver),
            (4, self._returner),
            (4, self._renamed),
            (4, self._status),
            (3, self._mover),
            (6, self._membership),
            (4, self._group),
            (3, self._app),
            (5, self._files),
            (9, self._hand),
            (3, self._login_passed_on),
            (1, self._twins),
        ]

    def week(self) -> Week:
        """Some events, and now and then a bad reading after them."""
        events: list[Event] = []
        makers = [maker for weight, maker in self._kinds for _ in range(weight)]
        for _ in range(self._random.randint(1, 5)):
            for event in self._random.choice(makers)():
                happen(event, self._now)
                events.append(event)
        random = self._random
        return Week(
            random.choice(HOURS),
            tuple(events),
            self._bad_reading() if random.random() < 0.25 else (),
            from_file=random.random() < 0.2,
            released=random.random() < 0.5,
            believed=random.random() < 0.15,
            waits=random.random() < 0.1,
            in_parts=random.choice(["split", "reconcile"]) if random.random() < 0.2 else "",
        )

    def _bad_reading(self) -> tuple[str, ...]:
        kind = self._random.choice(BAD_READINGS)
        return kind, self._one(self._now.people if kind == "an odd person" else self._now.groups)

    def _one(self, things: dict[str, Person] | dict[str, Group] | dict[str, App]) -> str:
        return self._random.choice([*things]) if things else "-"

    def _new_id(self, prefix: str) -> str:
        self._ids += 1
        return f"{prefix}{self._ids}"

    def _okta(self, what: str, *about: str) -> Event:
        return Event(IN_OKTA, what, about)

    def _free_login(self) -> str:
        """A login that nobody has; more often than not, one that somebody had."""
        taken = {person.login for person in self._now.people.values()}
        free = [login for login in LOGINS if login not in taken] or [self._new_id("p") + "@x"]
        given_up = [login for login in free if login in self._used]
        login = self._random.choice(given_up if given_up and self._random.random() < 0.6 else free)
        self._used[login] = None
        return login

    def _login(self) -> str:
        """Anybody's login, or nobody's."""
        return self._random.choice([*self._used] if self._random.random() < 0.8 else LOGINS)

    def _joiner(self) -> list[Event]:
        okta_id, random = self._new_id("00u"), self._random
        joins = self._okta("joins", okta_id, self._free_login(), random.choice(DEPARTMENTS))
        return [joins, *(self._okta("gets", group, okta_id) for group in self._now.groups if random.random() < 0.4)]

    def _leaver(self) -> list[Event]:
        person, random = self._one(self._now.people), self._random
        match random.randrange(4):
            case 0:
                return [self._okta("is deleted", person)]
            case 1:
                return [self._okta("has the status", person, "DEPROVISIONED")]
            case _:
                return [self._okta("loses the app", person)]

    def _returner(self) -> list[Event]:
        """Somebody who lost the app and whose login nobody has taken."""
        people = self._now.people.values()
        taken = [person.login for person in people]
        away = [person.id for person in people if not person.assigned or person.status != "ACTIVE"]
        back = [okta_id for okta_id in away if taken.count(self._now.people[okta_id].login) == 1]
        return [self._okta("has the app again", self._random.choice(back))] if back else []

    def _renamed(self) -> list[Event]:
        return [self._okta("is renamed", self._one(self._now.people), self._free_login())]

    def _status(self) -> list[Event]:
        status = self._random.choice(["SUSPENDED", "SUSPENDED", "ACTIVE", "LOCKED_OUT", "STAGED", "FROZEN"])
        return [self._okta("has the status", self._one(self._now.people), status)]

    def _mover(self) -> list[Event]:
        person = self._one(self._now.people)
        if self._random.random() < 0.5:
            return [self._okta("moves to", person, self._random.choice(DEPARTMENTS))]
        return [self._okta("has a phone", person, str(self._random.randrange(100)))]

    def _membership(self) -> list[Event]:
        subject = self._one(self._now.groups if self._random.random() < 0.7 else self._now.apps)
        return [self._okta(self._random.choice(["gets", "gets", "loses"]), subject, self._one(self._now.people))]

    def _group(self) -> list[Event]:
        group, random = self._one(self._now.groups), self._random
        names = {each.name for each in self._now.groups.values()}
        free = [name for name in GROUPS if name not in names]
        match random.randrange(4):
            case 0 if free:
                return [self._okta("is called", group, random.choice(free))]
            case 1 if free:
                made = self._new_id("00g")
                people = [person for person in self._now.people if random.random() < 0.4]
                born = self._okta("creates group", made, random.choice(free))
                return [born, *(self._okta("gets", made, person) for person in people)]
            case 2:
                return [self._okta("is emptied", group)]
            case _:
                return [self._okta("is deleted", group)]

    def _app(self) -> list[Event]:
        app, random = self._one(self._now.apps), self._random
        match random.randrange(4):
            case 0:
                return [self._okta("is switched", app, random.choice(["on", "off"]))]
            case 1:
                return [self._okta("is called", app, random.choice(APPS))]
            case 2:
                made = self._new_id("0oa")
                people = [person for person in self._now.people if random.random() < 0.4]
                born = self._okta("creates app", made, random.choice(APPS))
                return [born, *(self._okta("gets", made, person) for person in people)]
            case _:
                return [self._okta("is deleted", app)]

    def _files(self) -> list[Event]:
        random = self._random
        edits = [
            ("default roles", *random.sample(["base", "dev", "extra"], random.randint(1, 3))),
            ("role rule of groups", *random.choice(GROUP_RULES)),
            ("role rule of departments", *random.choice(DEPARTMENT_RULES)),
            ("rule of lists", *random.choice(LIST_RULES)),
            ("include", *random.choice([[], ["eng-*", "aws-*"], ["ops", "sec", "eng-*"], ["Everyone", "eng-*"]])),
            ("exclude", *random.choice([[], ["sec"], ["eng-b", "aws-d*"]])),
            ("when_empty", random.choice(["delete", "keep"])),
            ("suspended", random.choice(["lock", "lock", "ignore", "delete"])),
            ("ttl", random.choice(["12", "30", "100", "never"])),
            ("owners", "chief@x", self._login()),
            ("access_lists", random.choice(["on", "on", "off"])),
            ("limit", random.choice(GUARDS), str(random.randint(0, 2))),
            ("limit", random.choice(GUARDS), str(random.randint(0, 2))),
            ("no limit", random.choice(GUARDS)),
        ]
        what, *about = random.choice(edits)
        return [Event(IN_THE_FILES, what, tuple(about))]

    def _hand(self) -> list[Event]:
        random, person, group = self._random, self._one(self._now.people), self._one(self._now.groups)
        hours = [1, 5, 30, 100, 5000]
        deeds = [
            ("ends membership", group, person, str(random.choice(hours))),
            ("ends membership", group, person, str(random.choice(hours))),
            ("removes member", group, person),
            ("removes list", group),
            ("gives role", person, "root"),
            ("owns", group, self._login()),
            ("adds member", group, self._login()),
            ("makes user", self._login()),
            ("removes foreign user", self._login()),
            ("locks", self._login()),
            ("locks for a while", self._login(), str(random.choice([5, 100]))),
            ("lifts locks", person),
            ("removes user", person),
            ("unlocks", self._login()),
        ]
        what, *about = random.choice(deeds)
        return [Event(BY_HAND, what, tuple(about))]

    def _login_passed_on(self) -> list[Event]:
        """A login goes to the same person hired again, to a newcomer, to a colleague, or two are swapped."""
        person, other, random = self._one(self._now.people), self._one(self._now.people), self._random
        if person in ("-", other):
            return []
        login, others = self._now.people[person].login, self._now.people[other].login
        goes = random.choice([self._okta("is deleted", person), self._okta("is renamed", person, self._free_login())])
        match random.randrange(3):
            case 0:
                return [goes, self._okta("joins", self._new_id("00u"), login, random.choice(DEPARTMENTS))]
            case 1:
                return [goes, self._okta("is renamed", other, login)]
            case _:
                return [self._okta("is renamed", person, others), self._okta("is renamed", other, login)]

    def _twins(self) -> list[Event]:
        login = self._now.people[self._one(self._now.people)].login if self._now.people else "ann@x"
        return [self._okta("joins", self._new_id("00u"), login.capitalize(), random_department(self._random))]


def random_department(random: Random) -> str:
    """One of the departments."""
    return random.choice(DEPARTMENTS)
