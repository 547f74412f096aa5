"""What a directory holds, as plain values: of the oracle, and read from what `idsync get all` prints."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tests.lives.organization import ORG, Document


@dataclass
class User:
    """A user; a foreign one has no Okta id."""

    id: str | None
    roles: list[str]
    traits: dict[str, list[str]]


@dataclass
class Lock:
    """A lock on a user, for the person of an Okta id; one without an end has none. Foreign ones are people's own."""

    user: str
    id: str | None
    ends: datetime | None
    ours: bool


@dataclass
class Member:
    """A membership: since when, and until when if it ends."""

    joined: datetime
    expires: datetime | None = None


@dataclass
class List:
    """An access list of ours: its title, granted roles, owners, and members by name."""

    title: str
    roles: list[str]
    owners: list[str]
    members: dict[str, Member] = field(default_factory=dict)


@dataclass
class Directory:
    """Users and locks by name, lists by Okta id."""

    users: dict[str, User] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    lists: dict[str, List] = field(default_factory=dict)


def read_directory(resources: list[Document]) -> Directory:
    """The directory that `idsync get all --format json` printed."""
    directory = Directory()
    for each in resources:
        metadata, spec = each["metadata"], each["spec"]
        labels = metadata.get("labels", {})
        ours = labels.get("teleport.dev/origin") == "okta" and labels.get("okta/org") == ORG
        match each["kind"]:
            case "user":
                okta_id = labels.get("okta/user-id") if ours else None
                directory.users[metadata["name"]] = User(okta_id, spec.get("roles", []), spec.get("traits", {}))
            case "lock":
                okta_id = labels.get("okta/user-id") if ours else None
                ends = _time(spec.get("expires"))
                directory.locks[metadata["name"]] = Lock(spec["target"]["user"], okta_id, ends, ours)
            case "access_list":
                owners = [owner["name"] for owner in spec["owners"]]
                roles = spec.get("grants", {}).get("roles", [])
                directory.lists[metadata["name"]] = List(spec["title"], roles, owners)
            case "access_list_member":
                member = Member(datetime.fromisoformat(spec["joined"]), _time(spec.get("expires")))
                directory.lists[spec["access_list"]].members[spec["name"]] = member
    return directory


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def difference(expected: Directory, found: Directory) -> str:
    """The first difference in words; nothing where there is none."""
    for kind in ("users", "locks", "lists"):
        wanted, there = getattr(expected, kind), getattr(found, kind)
        for name in sorted({*wanted, *there}):
            if wanted.get(name) != there.get(name):
                return f"{kind[:-1]} {name}:\n  expected {wanted.get(name)}\n  found    {there.get(name)}"
    return ""


def neither(before: Directory, after: Directory, found: Directory) -> Iterator[str]:
    """What is found that was neither so before nor is to be so after: users, roles, lists, members, in words."""
    yield from _strays("user", before.users, after.users, found.users)
    yield from _strays("list", before.lists, after.lists, found.lists)
    for name, user in found.users.items():
        was, will = before.users.get(name), after.users.get(name)
        yield from _strays(
            f"role of {name}", *(dict.fromkeys(each.roles if each else ()) for each in (was, will, user))
        )
    for name, there in found.lists.items():
        had, has = before.lists.get(name), after.lists.get(name)
        yield from _strays(f"member of {name}", *(each.members if each else {} for each in (had, has, there)))


def _strays(
    what: str, before: Mapping[str, object], after: Mapping[str, object], found: Mapping[str, object]
) -> Iterator[str]:
    for name in sorted(found.keys() - before.keys() - after.keys()):
        yield f"the {what} {name} is new and not wanted"
    for name in sorted((before.keys() & after.keys()) - found.keys()):
        yield f"the {what} {name} is gone and was to stay"
