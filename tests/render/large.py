"""A large plan of people who differ, for formats that must stay quick and readable."""

from idsync.model.directory import Cause, ConfigCause, Reason
from idsync.plan.changes import Access, Change, GuardResult, PersonDelta, Plan
from tests.render.plans import (
    DEFAULT_ROLE,
    group,
    list_change,
    lock_change,
    make_list,
    make_plan,
    make_user,
    role,
    user_change,
)

TEAMS = 300


def large(changes: int = 10_000) -> Plan:
    """So many changes: a fifth of the people leave, the others move between teams, and each has a role of their own."""
    made: list[Change] = []
    delta: list[PersonDelta] = []
    moved: dict[int, tuple[list[str], list[str]]] = {team: ([], []) for team in range(TEAMS)}
    number = 0
    while len(made) < changes - TEAMS:
        name = f"given{number % 97:02d}.family{number:05d}@enzos-pizza.com"
        old, new = number % TEAMS, (number * 7 + 1) % TEAMS
        if number % 5 == 0:
            made += [lock_change(name, Reason.DEACTIVATED), user_change(make_user(name), None, Reason.DEACTIVATED)]
            lost = (role("okta-requester", DEFAULT_ROLE), *_of_team(old))
            delta.append(PersonDelta(name, (), lost, locked=Reason.DEACTIVATED))
            moved[old][1].append(name)
        else:
            before, after = (make_user(name, ("okta-requester", f"title-{n}")) for n in (number % 40, number % 41))
            made.append(user_change(before, after, Reason.PROFILE_CHANGED))
            rule: Cause = ConfigCause("roles.yaml", 7 + number % 40, 7, f"okta/title is {number % 40}")
            gains = (role(f"title-{number % 41}", rule), *_of_team(new))
            delta.append(PersonDelta(name, gains, (role(f"title-{number % 40}", rule), *_of_team(old))))
            moved[old][1].append(name)
            moved[new][0].append(name)
        number += 1
    for team, (added, removed) in moved.items():
        there = make_list(f"00g{team:05d}", f"Team {team}", (f"team-{team}",))
        gone = tuple(sorted({*removed} - {*added}))
        made.append(list_change(there, there, Reason.MEMBERSHIP_CHANGED, tuple(sorted({*added} - {*removed})), gone))
    guards = (GuardResult("user_deletes", number // 5, 50, "blocked"),)
    return make_plan(tuple(made), tuple(delta), guards)


def _of_team(team: int) -> tuple[Access, ...]:
    name, title = f"00g{team:05d}", f"Team {team}"
    causes: tuple[Cause, ...] = (group(name, f"team-{team}"),)
    return role(f"team-{team}", *causes, via=(name,)), Access("access_list", name, title, (), causes=causes)
