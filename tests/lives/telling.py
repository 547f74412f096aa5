"""Tells of a failing life: its seed, who was there, what happened, and the first difference."""

from tests.lives.events import Script
from tests.lives.life import Failure


def told(seed: int, script: Script, failure: Failure) -> str:
    """The story, for a person to read."""
    organization = script.organization
    people = [f"{person.id} {person.login}" for person in organization.people.values()]
    groups = [f"{each.id} {each.name}: {' '.join(sorted(each.members))}" for each in organization.groups.values()]
    apps = [f"{each.id} {each.label}: {' '.join(sorted(each.users))}" for each in organization.apps.values()]
    lines = [
        f"seed {seed}, made as short as it fails:",
        *(
            f"{kind}: {', '.join(there)}"
            for kind, there in (("people", people), ("groups", groups), ("apps", apps))
            if there
        ),
        f"configuration: {organization.configuration}",
        script.story(),
        f"then, in week {failure.week}: {failure.what}",
    ]
    return "\n".join(lines)
