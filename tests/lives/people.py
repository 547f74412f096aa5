"""Rules R1 to R5 and R14, plainly: who is in the pool under which name, with which roles, in which lists."""

from dataclasses import dataclass, field

from tests.lives.directory import Directory, User
from tests.lives.organization import SSO_APP, Configuration, Document
from tests.lives.patterns import any_matches, captures, expanded

IN_THE_POOL = ["ACTIVE", "PASSWORD_EXPIRED", "RECOVERY", "LOCKED_OUT", "PROVISIONED"]
OUT_OF_IT = ["STAGED", "DEPROVISIONED"]


@dataclass
class People:
    """What is decided of each person.

    `present` are people by the name that they have from now on, `renamed` their earlier names by the present one.
    `leaving` and `replaced` are Okta ids by the name that they lose: nobody has it, or a newcomer. `held` are the
    names, and `held_ids` the ids, of people who stay as they are.
    """

    present: dict[str, Document] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    leaving: dict[str, str] = field(default_factory=dict)
    replaced: dict[str, str] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    held_ids: set[str] = field(default_factory=set)

    def names(self) -> dict[str, str]:
        """Names by Okta id."""
        return {person["id"]: name for name, person in self.present.items()}


def pool(reading: Document, files: Configuration) -> list[Document]:
    """Everybody whose status lets them have an account, behind a lock or without one."""
    statuses = IN_THE_POOL if files.suspended == "delete" else [*IN_THE_POOL, "SUSPENDED"]
    return [person for person in reading["users"] if person["status"] in statuses and is_readable(person)]


def is_readable(person: Document) -> bool:
    """Whether a row says who it is about: R13."""
    return "\0" not in person["username"]


def decide(reading: Document, files: Configuration, before: Directory) -> People:
    """What becomes of each person in the reading, and of each user of ours."""
    people = People()
    candidates = pool(reading, files)
    here = {person["id"] for person in candidates}
    known = [*IN_THE_POOL, *OUT_OF_IT, "SUSPENDED"]
    unknown = [each for each in reading["users"] if each["status"] not in known or not is_readable(each)]
    folded = [person["username"].casefold() for person in candidates]
    for person in candidates:
        twins = folded.count(person["username"].casefold()) > 1
        if twins or not _may_have_the_name(person, before, here, {each["id"] for each in unknown}):
            _hold(person, people, before)
        else:
            _accept(person, people, before)
    for person in unknown:
        _hold(person, people, before)
    people.suspended = {
        name for name, person in people.present.items() if person["status"] == "SUSPENDED" and files.suspended == "lock"
    }
    for name, user in before.users.items():
        if user.id is not None and user.id not in here | people.held_ids and name not in people.present:
            people.leaving[name] = user.id
    return people


def _may_have_the_name(person: Document, before: Directory, here: set[str], unknown: set[str]) -> bool:
    """Whether a name is free, theirs already, or a leaver's; to those who had another name, a leaver's is not free."""
    bearer = before.users.get(person["username"])
    if bearer is None or bearer.id == person["id"]:
        return True
    had_another = any(user.id == person["id"] for user in before.users.values())
    return bearer.id is not None and bearer.id not in here | unknown and not had_another


def _hold(person: Document, people: People, before: Directory) -> None:
    people.held_ids.add(person["id"])
    people.held |= {name for name, user in before.users.items() if user.id == person["id"]}
    bearer = before.users.get(person["username"])
    if bearer is None or bearer.id is None:
        people.held.add(person["username"])


def _accept(person: Document, people: People, before: Directory) -> None:
    name = person["username"]
    people.present[name] = person
    bearer = before.users.get(name)
    if bearer is not None and bearer.id is not None and bearer.id != person["id"]:
        people.replaced[name] = bearer.id
    for earlier, user in before.users.items():
        if user.id == person["id"] and earlier != name:
            people.renamed[name] = earlier


def user_of(person: Document, reading: Document, files: Configuration) -> User:
    """The user that somebody has: default roles, then those of departments and groups in the order of the rules."""
    roles = [*files.default_roles]
    for value, role in files.department_rules:
        found = captures(value, person["profile"].get("department", ""))
        roles += [expanded(role, found)] if found is not None and "department" in person["profile"] else []
    for pattern, role in files.group_rules:
        for group in sorted(reading["groups"], key=lambda group: (group["name"], group["id"])):
            found = captures(pattern, group["name"])
            roles += [expanded(role, found)] if found is not None and person["id"] in members_of(group, reading) else []
    traits = {f"okta/{name}": [value] for name, value in person["profile"].items() if value}
    return User(person["id"], list(dict.fromkeys(role for role in roles if role)), traits)


def members_of(group: Document, reading: Document) -> list[str]:
    """The Okta ids of a group's members: everybody is in Everyone."""
    everybody = [person["id"] for person in reading["users"]]
    members: list[str] = everybody if group["type"] == "BUILT_IN" else group["members"]
    return members


@dataclass
class Subject:
    """A group or app that may become a list."""

    id: str
    name: str
    members: list[str]
    is_group: bool


def subjects(reading: Document, files: Configuration) -> list[Subject]:
    """Groups that the filters take, and apps that are active and not the one of the pool."""
    if not files.access_lists:
        return []
    taken = [
        Subject(each["id"], each["name"], members_of(each, reading), True)
        for each in reading["groups"]
        if is_taken(each["name"], files)
    ]
    apps = [each for each in reading["apps"] if each["status"] == "ACTIVE" and each["id"] != SSO_APP]
    return taken + [Subject(each["id"], each["label"], each["users"], False) for each in apps]


def is_taken(name: str, files: Configuration) -> bool:
    """Whether the filters take a group of this name."""
    if name == "Everyone":  # which no pattern takes but its very name
        included = "Everyone" in (files.include or [])
    else:
        included = files.include is None or any_matches(files.include, name)
    return included and not any_matches(files.exclude, name)


def granted(subject: Subject, files: Configuration) -> list[str]:
    """The roles that the list of a group grants: those of the first rule that matches."""
    for pattern, role in files.list_rules if subject.is_group else []:
        found = captures(pattern, subject.name)
        if found is not None:
            return [role for role in [expanded(role, found)] if role]
    return []
