"""Access that somebody would get back by a change that is held: what takes it waits as well, and nothing else does."""

import datetime as dt
from pathlib import Path

from idsync.bootstrap.workspace import Workspace
from idsync.sources.pushed import PushedSource
from tests.core.world import config
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import HOLDER, Served, served
from tests.server.test_bursts import locked
from tests.server.test_hostile_sequences import group, patched, pushed
from tests.server.test_scim_door import asked, user

FEW = config(
    "Guards: {access_gains: {percent: 0, floor: 1}, access_losses: {percent: 0, floor: 0}}",
    "AccessListRules: {rules: [{group: '*', grants: {roles: ['$1']}}]}",
    integration="""
apiVersion: idsync/v1
kind: Integration
metadata: {name: okta}
spec: {org_url: https://enzos-pizza.okta.com, source: {scim: {}}}
""",
)


def full_pass(service: Served) -> bool:
    """A full pass over what was pushed; whether it went well."""
    place = Workspace(FEW, service.path.parent)
    place.now = lambda: service.clock[0]  # type: ignore[method-assign]
    with service.store() as store:
        source = PushedSource(store.upstream.whole)
        return OneThread(store, place.in_force, lambda _, progress: source, HOLDER).full()


def renamed(service: Served, scim_id: str, title: str) -> int:
    """What the renaming of a group is answered."""
    return patched(service, f"/Groups/{scim_id}", {"op": "replace", "value": {"id": scim_id, "displayName": title}})[0]


def swapping(service: Served) -> tuple[str, list[str]]:
    """A group `a` of two people, who are in `b`, too; that one is called `a` by now, and what this changes is held."""
    people = [pushed(service, f"p{number}@x.com", externalId=f"00u{number}") for number in range(4)]
    groups = [group(service, title=title) for title in ("a", "b")]
    for each, inside in zip(groups, (people[:2], people), strict=True):
        for person in inside:  # one an hour, which no guard holds
            service.clock[0] += dt.timedelta(hours=2)
            join = {"op": "add", "path": "members", "value": [{"value": person}]}
            assert patched(service, f"/Groups/{each}", join)[0] == 200
    service.clock[0] += dt.timedelta(hours=2)
    assert renamed(service, groups[1], "a") == 200
    assert roles(service) == {groups[0]: ("a",), groups[1]: ("b",)}, "both what is lost and what is gained is held"
    return groups[0], people


def roles(service: Served) -> dict[str, tuple[str, ...]]:
    """What each list grants."""
    return {name: each.spec.grants.roles for name, each in service.directory().access_lists.items()}


def test_r37_what_a_held_change_would_make_up_for_is_held_and_the_push_is_taken(tmp_path: Path) -> None:
    with served(tmp_path / "idsync.db", FEW) as service:
        first, _ = swapping(service)
        assert renamed(service, first, "c") == 200
        assert "a" in roles(service)[first], "two people would lose the role `a`, which `b` does not give yet"
        assert asked(service, "GET", f"/Groups/{first}")[1]["displayName"] == "c"


def test_r37_a_full_pass_locks_leavers_beside_it(tmp_path: Path) -> None:
    with served(tmp_path / "idsync.db", FEW) as service:
        first, people = swapping(service)
        assert renamed(service, first, "c") == 200
        gone = user("p3@x.com", externalId="00u3") | {"active": False}
        assert asked(service, "PUT", f"/Users/{people[3]}", json=gone)[0] == 200
        assert full_pass(service)
        assert locked(service) == ["p3@x.com"]
        assert "a" in roles(service)[first]
