"""A plan in which a whole company is renamed is parted by as many looks as it has people, and not as their square."""

import sys
from typing import Any

from msgspec.structs import replace

from idsync.plan.changes import AccessListChange
from idsync.plan.holding import Holding
from tests.core.replay import settled
from tests.core.world import group, okta, person, plan

MANY = 300
IDS = [f"00u-{number}" for number in range(MANY)]


def test_whether_somebody_who_joins_was_there_is_told_without_a_look_at_all_who_are_renamed() -> None:
    staff = group("staff", *map(str, range(MANY)))
    before = okta(*(person(f"p{id}@old.com", id=id) for id in IDS), staff)
    after = okta(*(person(f"p{id}@new.com", id=id) for id in IDS), staff)
    made = plan(after, settled(before))
    changes = [replace(change, blocked_by=("access_gains",)) for change in made.changes]
    holding = Holding(changes, ())
    assert len(holding.renamed) == MANY
    (joining,) = [change for change in changes if isinstance(change, AccessListChange)]
    assert len(joining.members_added) == MANY
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        held = [holding.addition(joining, name) for name in joining.members_added]
    finally:
        sys.setprofile(None)
    assert len(held) == MANY
    assert calls < 30 * MANY
