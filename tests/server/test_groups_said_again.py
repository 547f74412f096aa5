"""A group that is pushed whole, after a reading said otherwise of who is in it: it counts from its arrival."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idsync.model.sent import Sent
from idsync.reconcile.sent_lately import SentLately
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator.objects import Group, User
from tests.server.both import Both, both, organization, read
from tests.server.conftest import Served
from tests.server.test_pairing import join, lists, people, pushed, pushed_group
from tests.server.test_scim_door import GROUP, asked

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Both]:
    """A service that is pushed to, and that reads."""
    with both(tmp_path / "a.db", organization()) as made:
        yield made


def whole(service: Served, scim_id: str, title: str, *members: str) -> dict[str, Any]:
    """The answer to a group that is pushed whole."""
    body = {"schemas": [GROUP], "displayName": title, "members": [{"value": each} for each in members]}
    code, told = asked(service, "PUT", f"/Groups/{scim_id}", json=body)
    assert code == 200
    return told


def patch(service: Served, scim_id: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """The answer to a PATCH of a group."""
    code, told = asked(service, "PATCH", f"/Groups/{scim_id}", json={"schemas": [PATCH], "Operations": operations})
    assert code == 200
    return told


def read_otherwise(world: Both) -> tuple[User, Group, str, dict[str, str]]:
    """Ann, whom a reading lacks in a group that was pushed with her and bob; SCIM ids of the group and of people."""
    org = world.reader.organization
    ann, bob, cid = people(org, "ann", "bob", "cid")
    group = org.add_group("eng", members=[ann, bob])
    read(world)
    ids = {each.login.partition("@")[0]: pushed(world.service, each) for each in (ann, bob, cid)}
    scim = pushed_group(world.service, "eng", ids["ann"], ids["bob"])
    org.remove_member(group, ann)
    read(world)
    assert lists(world.service) == {group.id: ("eng", ["bob"])}
    return ann, group, scim, ids


@pytest.mark.parametrize("form", ["whole", "whole by a patch"])
def test_r41_a_whole_push_of_a_group_that_repeats_another_counts_from_its_arrival(world: Both, form: str) -> None:
    _, group, scim, ids = read_otherwise(world)
    members = (ids["ann"], ids["bob"])
    before = asked(world.service, "GET", f"/Groups/{scim}")[1]["meta"]
    if form == "whole":
        told = whole(world.service, scim, "eng", *members)
    else:
        named = [{"value": each} for each in members]
        told = patch(world.service, scim, {"op": "replace", "path": "members", "value": named})
    assert lists(world.service) == {group.id: ("eng", ["ann", "bob"])}
    assert told["meta"] == before, "nothing of the resource changed"
    read(world)
    assert lists(world.service) == {group.id: ("eng", ["bob"])}, "a reading wins over what arrived before it began"


def test_r41_a_whole_push_of_a_group_counts_for_all_whom_it_holds(world: Both) -> None:
    _, group, scim, ids = read_otherwise(world)
    whole(world.service, scim, "eng", *ids.values())
    assert lists(world.service) == {group.id: ("eng", ["ann", "bob", "cid"])}


def test_r41_a_whole_push_of_a_group_takes_out_whom_it_held_before_and_nobody_of_whom_it_never_spoke(
    world: Both,
) -> None:
    org = world.reader.organization
    _, group, scim, ids = read_otherwise(world)
    org.add_member(group, org.user("cid@x.com"))
    read(world)
    whole(world.service, scim, "eng", ids["ann"])
    assert lists(world.service) == {group.id: ("eng", ["ann", "cid"])}


def test_r41_a_patch_of_a_groups_other_attributes_says_nothing_of_its_members(world: Both) -> None:
    _, group, scim, ids = read_otherwise(world)
    told = patch(world.service, scim, {"op": "replace", "path": "externalId", "value": "00gEng"})
    assert {each["value"] for each in told["members"]} == {ids["ann"], ids["bob"]}
    assert lists(world.service) == {group.id: ("eng", ["bob"])}


def test_r41_a_patch_that_renames_a_group_says_nothing_of_members_that_it_does_not_name(world: Both) -> None:
    _, group, scim, ids = read_otherwise(world)
    patch(
        world.service,
        scim,
        {"op": "add", "path": "members", "value": [{"value": ids["cid"]}]},
        {"op": "replace", "value": {"id": scim, "displayName": "engineers"}},
    )
    assert lists(world.service) == {group.id: ("engineers", ["bob", "cid"])}
    join(world.service, scim, ids["ann"])
    assert lists(world.service) == {group.id: ("engineers", ["ann", "bob", "cid"])}


def test_r48_a_whole_push_of_a_group_undoes_nothing_that_okta_was_told_shortly_before(world: Both) -> None:
    org, service = world.reader.organization, world.service
    ann, bob = people(org, "ann", "bob")
    group = org.add_group("eng", members=[ann, bob])
    read(world)
    ids = [pushed(service, each) for each in (ann, bob)]
    scim = pushed_group(service, "eng", *ids)
    with open_store(service.path) as store:
        SentLately(store)(group.id, ann.id, Sent(joins=False, at=service.clock[0].timestamp()))

    def known() -> frozenset[str]:
        whole(service, scim, "eng", *ids)
        with open_store(service.path) as store:
            return store.upstream.members([group.id])

    assert known() == {bob.id}, "the push may have been on its way"
    service.clock[0] += dt.timedelta(minutes=3)
    assert known() == {ann.id, bob.id}


def test_a_whole_push_that_repeats_another_changes_nothing_where_pushes_alone_tell(service: Served) -> None:
    code, ann = asked(service, "POST", "/Users", json={"schemas": [], "userName": "ann@x.com", "active": True})
    assert code == 201
    scim = pushed_group(service, "eng", ann["id"])
    before = asked(service, "GET", f"/Groups/{scim}")[1]
    serial = service.directory()
    told = whole(service, scim, "eng", ann["id"])
    assert told == before
    assert service.directory() == serial
    assert lists(service) == {scim: ("eng", ["ann"])}
