"""Rules R24 to R29, plainly: which readings must be doubted, and what a doubt holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from tests.lives.directory import Directory, User
from tests.lives.oracle import is_past
from tests.lives.organization import EVERYONE, SSO_APP, Configuration, Document
from tests.lives.patterns import any_matches
from tests.lives.people import is_taken, members_of, pool

CROWD = 10


@dataclass
class Measures:
    """How many people there were, and in which groups and apps that were asked for; how many had each attribute."""

    people: int
    groups: dict[str, tuple[str, int]]
    apps: dict[str, tuple[str, int]]
    attributes: dict[str, int]


def measure(reading: Document, files: Configuration) -> Measures:
    """The measures of a reading, under a configuration."""
    people = pool(reading, files)
    attributes: dict[str, int] = {}
    for person in people:
        for name, value in person["profile"].items():
            attributes[name] = attributes.get(name, 0) + bool(value)
    return Measures(
        len(people),
        {
            each["id"]: (each["name"], len(members_of(each, reading)))
            for each in reading["groups"]
            if _group_is_asked_for(each["name"], files)
        },
        {
            each["id"]: (each["label"], len(each["users"]))
            for each in reading["apps"]
            if files.access_lists and each["status"] == "ACTIVE" and each["id"] != SSO_APP
        },
        attributes,
    )


def measures_after(now: Measures, good: Measures | None, files: Configuration, reading: Document) -> Measures:
    """What the next reading is held against: of what this one was not asked for, what was known before."""
    if good is None:
        return now
    groups = {
        okta_id: had
        for okta_id, had in good.groups.items()
        if not _group_is_asked_for(had[0], files) or _is_listed(okta_id, reading["groups"])
    }
    apps = {
        okta_id: had
        for okta_id, had in good.apps.items()
        if not files.access_lists or _is_listed(okta_id, reading["apps"])
    }
    return Measures(now.people, groups | now.groups, apps | now.apps, now.attributes)


def _group_is_asked_for(name: str, files: Configuration) -> bool:
    return (files.access_lists and is_taken(name, files)) or any_matches(
        [pattern for pattern, _ in files.group_rules], name
    )


class Doubt(Enum):
    """Whether a reading lacks so much of the last good one, over what both were asked for, that it is in doubt."""

    NO = "no"
    MAYBE = "maybe"
    """All that is left of a kind is gone, and it was one list: that may be so, or the reading is bad."""
    YES = "yes"


def doubt(now: Measures, good: Measures, files: Configuration, reading: Document) -> Doubt:
    """What is to be thought of a reading."""
    groups = {
        okta_id: (name, count)
        for okta_id, (name, count) in good.groups.items()
        if _group_is_asked_for(name, files) and (okta_id in now.groups or not _is_listed(okta_id, reading["groups"]))
    }
    apps = {
        okta_id: had
        for okta_id, had in good.apps.items()
        if files.access_lists and (okta_id in now.apps or not _is_listed(okta_id, reading["apps"]))
    }
    if (now.people == 0 < good.people) or _shrunk(good.people, now.people) or _attributes_are_doubtful(now, good):
        return Doubt.YES
    doubts = [_of_lists(groups, now.groups, reading["groups"]), _of_lists(apps, now.apps, reading["apps"])]
    return next((each for each in (Doubt.YES, Doubt.MAYBE) if each in doubts), Doubt.NO)


def _is_listed(okta_id: str, listed: list[Document]) -> bool:
    return any(each["id"] == okta_id for each in listed)


def _shrunk(before: int, now: int) -> bool:
    """Against the default of `source_shrink`: 30 percent, ten at least."""
    return before - now > max(0.3 * before, 10)


def _of_lists(before: dict[str, tuple[str, int]], now: dict[str, tuple[str, int]], listed: list[Document]) -> Doubt:
    had = {okta_id: count for okta_id, (_, count) in before.items() if count and okta_id != EVERYONE}
    has = {okta_id: now[okta_id][1] for okta_id in before if okta_id in now and okta_id != EVERYONE}
    missing = Doubt.MAYBE if EVERYONE in before and EVERYONE not in now else Doubt.NO
    if not had:
        return missing
    a_crowd_left = any(count >= CROWD and not has.get(okta_id) for okta_id, count in had.items())
    fewer = _shrunk(sum(had.values()), sum(has.values())) or _shrunk(len(before), len(has))
    if a_crowd_left or fewer:
        return Doubt.YES
    if any(has.values()):
        return missing
    others = any(count for okta_id, (_, count) in now.items() if okta_id != EVERYONE)
    return Doubt.YES if not listed or (len(had) > 1 and not others) else Doubt.MAYBE


def _attributes_are_doubtful(now: Measures, good: Measures) -> bool:
    if not now.people or not good.attributes:
        return False
    gone = max(good.people - now.people, 0)
    return not now.attributes or any(
        _shrunk(count, now.attributes.get(name, 0) + gone) for name, count in good.attributes.items()
    )


def takes(before: Directory, after: Directory, now: datetime) -> bool:
    """Whether anybody is deleted, locked, unlocked, or loses a membership, a role, a grant or a value of a trait.

    Sweeping a lock of ours that has ended takes nothing.
    """
    if {
        name: lock for name, lock in before.locks.items() if not (lock.ours and is_past(lock.ends, now))
    } != after.locks:
        return True
    for name, user in before.users.items():
        there = after.users.get(name)
        if there is None or _lacks(user.roles, there.roles) or _lacks(_values(user), _values(there)):
            return True
    for list_id, had in before.lists.items():
        has = after.lists.get(list_id)
        if has is None or _lacks(had.members, has.members) or _lacks(had.roles, has.roles):
            return True
    return False


def _values(user: User) -> list[str]:
    return [f"{trait} {value}" for trait, values in user.traits.items() for value in values]


def _lacks(before: Iterable[str], after: Iterable[str]) -> bool:
    return not {*before} <= {*after}
