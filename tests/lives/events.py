"""What can happen between two passes. An event that finds nothing to act on does nothing: any may be dropped."""

from dataclasses import dataclass

from tests.lives.organization import EVERYONE, App, Group, Organization, Person

IN_OKTA = "okta"
IN_THE_FILES = "files"
BY_HAND = "hand"


@dataclass(frozen=True)
class Event:
    """Where something happens, what, and whom or what it is about."""

    where: str
    what: str
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.what} {' '.join(map(repr, self.about))}".rstrip()


@dataclass(frozen=True)
class Week:
    """Some hours, what happens in them, and the apply at their end."""

    hours: int
    events: tuple[Event, ...]
    misread: tuple[str, ...] = ()
    """The kind of bad reading and whom it is about; nothing for a faultless one."""
    from_file: bool = False
    """Whether the plan is kept in a file first."""
    released: bool = False
    """Whether guards that block are released."""
    believed: bool = False
    """Whether doubts about the reading are released."""
    waits: bool = False
    """Whether the plan is kept for a review, and applied only after the next one."""
    in_parts: str = ""
    """`split` or `reconcile`: what may go ahead is applied first, and all of it, released, right after that."""


@dataclass(frozen=True)
class Script:
    """A whole life: how the organization begins, and its weeks."""

    organization: Organization
    weeks: tuple[Week, ...]

    def story(self) -> str:
        """What happens, a line each."""
        lines = []
        for number, week in enumerate(self.weeks, 1):
            lines.append(f"week {number}, after {week.hours} hours:")
            lines += [f"  {event}" for event in week.events]
            lines += [f"  the reading is bad: {' '.join(week.misread)}"] if week.misread else []
            lines += ["  the plan is kept in a file, and applied from it"] if week.from_file else []
            lines += ["  guards that block are released"] if week.released else []
            lines += ["  doubts are released"] if week.believed else []
            lines += [f"  first the part that may go ahead: {week.in_parts}"] if week.in_parts else []
            lines += ["  the plan waits for its review until the next one is applied"] if week.waits else []
        return "\n".join(lines)


def happen(event: Event, organization: Organization) -> None:
    """Change Okta, or the files of the configuration, as an event says."""
    if event.where == IN_OKTA:
        _in_okta(event, organization)
    elif event.where == IN_THE_FILES:
        _in_the_files(event, organization)


def _in_okta(event: Event, organization: Organization) -> None:
    match event.what, event.about:
        case "joins", (okta_id, login, department):
            organization.people.setdefault(okta_id, Person(okta_id, login, profile={"department": department}))
        case "creates group", (okta_id, name):
            organization.groups.setdefault(okta_id, Group(okta_id, name))
        case "creates app", (okta_id, label):
            organization.apps.setdefault(okta_id, App(okta_id, label))
        case _, (okta_id, *more) if okta_id in organization.people:
            _about_a_person(event.what, organization.people[okta_id], more, organization)
        case _, (okta_id, *more) if okta_id in organization.groups and okta_id != EVERYONE:
            _about_a_group(event.what, organization.groups[okta_id], more, organization)
        case _, (okta_id, *more) if okta_id in organization.apps:
            _about_an_app(event.what, organization.apps[okta_id], more, organization)


def _about_a_person(what: str, person: Person, more: list[str], organization: Organization) -> None:
    match what, more:
        case "loses the app", []:
            person.assigned = False
        case "has the app again", []:
            person.assigned, person.status = True, "ACTIVE"
        case "has the status", [status]:
            person.status = status
        case "is deleted", []:
            del organization.people[person.id]
            for members in (*organization.groups.values(),):
                members.members.discard(person.id)
            for app in organization.apps.values():
                app.users.discard(person.id)
        case "is renamed", [login]:
            person.login = login
        case "moves to", [department]:
            person.profile["department"] = department
        case "has a phone", [number]:
            person.profile["phone"] = number


def _about_a_group(what: str, group: Group, more: list[str], organization: Organization) -> None:
    match what, more:
        case "gets", [person] if person in organization.people:
            group.members.add(person)
        case "loses", [person]:
            group.members.discard(person)
        case "is emptied", []:
            group.members.clear()
        case "is called", [name]:
            group.name = name
        case "is deleted", []:
            del organization.groups[group.id]


def _about_an_app(what: str, app: App, more: list[str], organization: Organization) -> None:
    match what, more:
        case "gets", [person] if person in organization.people:
            app.users.add(person)
        case "loses", [person]:
            app.users.discard(person)
        case "is called", [label]:
            app.label = label
        case "is switched", [state]:
            app.active = state == "on"
        case "is deleted", []:
            del organization.apps[app.id]


def _in_the_files(event: Event, organization: Organization) -> None:
    files = organization.configuration
    match event.what, event.about:
        case "default roles", roles:
            files.default_roles = [*roles]
        case "role rule of groups", (pattern, role):
            _switch(files.group_rules, (pattern, role))
        case "role rule of departments", (value, role):
            _switch(files.department_rules, (value, role))
        case "rule of lists", (pattern, role):
            _switch(files.list_rules, (pattern, role))
        case "include", patterns:
            files.include = [*patterns] or None
        case "exclude", patterns:
            files.exclude = [*patterns]
        case "when_empty", (how,):
            files.when_empty = how
        case "suspended", (how,):
            files.suspended = how
        case "ttl", (hours,):
            files.ttl = None if hours == "never" else int(hours)
        case "owners", owners:
            files.owners = [*owners]
        case "access_lists", (state,):
            files.access_lists = state == "on"
        case "limit", (guard, number):
            files.limits[guard] = int(number)
        case "no limit", (guard,):
            files.limits.pop(guard, None)


def _switch(rules: list[tuple[str, str]], rule: tuple[str, str]) -> None:
    """Add a rule, or take it out where it is there."""
    if rule in rules:
        rules.remove(rule)
    else:
        rules.append(rule)
