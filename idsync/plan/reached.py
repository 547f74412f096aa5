"""Whom an edit reaches: everybody to whom the configuration gives or takes something, whatever Okta changes besides."""

from collections.abc import Iterator

from idsync.model.directory import OF_A_SETTING
from idsync.plan.changes import PersonDelta, Plan


def reached_by_edit(plan: Plan) -> frozenset[str]:
    """The names of the people whom the edit of a plan reaches."""
    return frozenset(_reached(plan))


def reached_since(reviewed: Plan, now: Plan) -> tuple[str, ...]:
    """The names of people whom an edit reaches now and did not reach when it was reviewed, in order.

    Somebody who was renamed meanwhile is known by the name before.
    """
    before, renamed = reached_by_edit(reviewed), {each.person: each.renamed_from for each in now.access_delta}
    return tuple(sorted(name for name in _reached(now) if name not in before and renamed.get(name) not in before))


def _reached(plan: Plan) -> Iterator[str]:
    return (delta.person for delta in plan.access_delta if _is_reached(delta))


def _is_reached(delta: PersonDelta) -> bool:
    if not OF_A_SETTING.isdisjoint({delta.locked, delta.unlocked}):
        return True
    return any(access.origin == "direct" for access in (*delta.gains, *delta.loses, *delta.route_only))
