"""Makes a failing life as short as it can be: events, weeks and people go while it still fails."""

from collections.abc import Iterator
from dataclasses import replace

from tests.lives.events import Script
from tests.lives.life import Failure, live
from tests.lives.organization import Organization

TRIES = 400


def shrunk(script: Script, failure: Failure) -> tuple[Script, Failure]:
    """The shortest life found that fails, and its failure."""
    tries, progress = 0, True
    while progress:
        progress = False
        script = replace(script, weeks=script.weeks[: failure.week])
        for shorter in _shorter(script):
            tries += 1
            if tries > TRIES:
                return script, failure
            fails = live(shorter)
            if fails is not None and fails.kind == failure.kind:
                script, failure, progress = shorter, fails, True
                break
    return script, failure


def _shorter(script: Script) -> Iterator[Script]:
    """The script with one thing less, the larger things first."""
    weeks = script.weeks
    for number in range(len(weeks)):
        yield replace(script, weeks=(*weeks[:number], *weeks[number + 1 :]))
    for number, week in enumerate(weeks):
        fewer = [replace(week, misread=())] if week.misread else []
        fewer += [replace(week, from_file=False)] if week.from_file else []
        fewer += [replace(week, released=False, believed=False)] if week.released or week.believed else []
        fewer += [replace(week, waits=False)] if week.waits else []
        fewer += [replace(week, in_parts="")] if week.in_parts else []
        for at in range(len(week.events)):
            fewer.append(replace(week, events=(*week.events[:at], *week.events[at + 1 :])))
        for each in fewer:
            yield replace(script, weeks=(*weeks[:number], each, *weeks[number + 1 :]))
    for smaller in _smaller(script.organization):
        yield replace(script, organization=smaller)


def _smaller(organization: Organization) -> Iterator[Organization]:
    for okta_id in organization.people:
        smaller = organization.copy()
        del smaller.people[okta_id]
        for members in [group.members for group in smaller.groups.values()] + [
            app.users for app in smaller.apps.values()
        ]:
            members.discard(okta_id)
        yield smaller
    for okta_id in (*organization.groups, *organization.apps):
        smaller = organization.copy()
        smaller.groups.pop(okta_id, None)
        smaller.apps.pop(okta_id, None)
        yield smaller
    for rules in ("group_rules", "department_rules", "list_rules"):
        if getattr(organization.configuration, rules):
            smaller = organization.copy()
            setattr(smaller.configuration, rules, [])
            yield smaller
