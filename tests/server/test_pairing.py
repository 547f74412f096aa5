"""Which of Okta's groups a pushed one is: as Okta pairs them, else the only one of exactly the name, else its own."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from idsync.model.findings import NOT_PUSHED
from idsync.model.pushed import PushMappings
from idsync.reconcile.continuous.loop import TickEnd
from idsync.reconcile.continuous.pass_reports import PassReport, last_report
from idsync.sources.okta.source import OktaSource
from idsync.stores.sqlite.store import open_store
from tests.okta_simulator import Organization
from tests.okta_simulator.effects import Fail
from tests.okta_simulator.faults import Fault
from tests.okta_simulator.objects import Group, User
from tests.server.both import Both, both, organization
from tests.server.conftest import Served
from tests.server.test_scim_door import GROUP, asked, user

MINUTE = dt.timedelta(minutes=1)


def people(org: Organization, *names: str) -> list[User]:
    """People who have the app."""
    made = [org.add_user(f"{name}@x.com") for name in names]
    for each in made:
        org.assign_user(org.app("Teleport"), each)
    return made


def pushed(service: Served, person: User) -> str:
    """The SCIM id of somebody who is pushed."""
    code, told = asked(service, "POST", "/Users", json=user(person.login, externalId=person.id))
    assert code == 201
    return str(told["id"])


def pushed_group(service: Served, title: str, *members: str) -> str:
    """The SCIM id of a group that is pushed."""
    body = {"schemas": [GROUP], "displayName": title, "members": [{"value": each} for each in members]}
    code, told = asked(service, "POST", "/Groups", json=body)
    assert code == 201
    return str(told["id"])


def lists(service: Served) -> dict[str, tuple[str, list[str]]]:
    """Title and members of each list, by its name."""
    found = service.directory()
    return {
        name: (each.spec.title, sorted(member.partition("@")[0] for member in found.members[name]))
        for name, each in found.access_lists.items()
    }


def join(service: Served, group: str, *members: str) -> None:
    """Let people join a pushed group."""
    operation: dict[str, Any] = {"op": "add", "path": "members", "value": [{"value": each} for each in members]}
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}
    assert asked(service, "PATCH", f"/Groups/{group}", json=body)[0] == 200


def twins(world: Both) -> tuple[list[User], list[Group], list[str], list[str]]:
    """Two groups of one name that Okta pushes: people, groups, and the SCIM ids of both."""
    org, service = world.reader.organization, world.service
    ann, bob = who = people(org, "ann", "bob")
    first = org.add_group("eng", members=[ann])
    groups = [first, org.add_group("eng", members=[bob], type="APP_GROUP", source_app=org.add_app("Active Directory"))]
    assert world.full()
    ids = [pushed(service, each) for each in who]
    service.clock[0] += MINUTE
    scim = [pushed_group(service, "eng", each) for each in ids]
    return who, groups, ids, scim


def test_r40_two_groups_of_one_name_are_those_that_okta_pairs_them_with(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        org, service = world.reader.organization, world.service
        _, groups, ids, scim = twins(world)
        assert lists(service) == {
            groups[0].id: ("eng", ["ann"]),
            groups[1].id: ("eng", ["bob"]),
            scim[0]: ("eng", ["ann"]),
            scim[1]: ("eng", ["bob"]),
        }, "until Okta is asked, each is a group of its own"
        for okta_group, each in zip(groups, scim, strict=True):
            org.map_pushed_group(org.app("Teleport"), okta_group, each)
        service.clock[0] += MINUTE
        assert world.full()
        assert lists(service) == {groups[0].id: ("eng", ["ann"]), groups[1].id: ("eng", ["bob"])}
        service.clock[0] += MINUTE
        join(service, scim[1], ids[0])
        assert lists(service)[groups[1].id] == ("eng", ["ann", "bob"])
        assert lists(service)[groups[0].id] == ("eng", ["ann"])
        assert asked(service, "DELETE", f"/Groups/{scim[0]}")[0] == 204
        assert lists(service).keys() == {each.id for each in groups}, "Okta still has it"


def test_r40_a_group_of_its_own_stays_when_okta_is_read(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        _, _, _, scim = twins(world)
        before = lists(world.service)
        world.service.clock[0] += 10 * MINUTE
        assert world.full()
        assert world.full()
        assert lists(world.service) == before
        assert scim[0] in before


def test_r40_a_group_of_its_own_stays_where_it_is_pushed_while_a_full_pass_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pass leaves it to the next tick, which must not ask Okta about a group that is not there."""
    with both(tmp_path / "a.db", organization()) as world:
        made = people(world.reader.organization, "ann", "bob")
        assert world.full()
        ids = [pushed(world.service, each) for each in made]
        scim = pushed_group(world.service, "own", ids[0])
        world.service.clock[0] += 10 * MINUTE
        real = OktaSource.push_mappings

        def meanwhile(source: OktaSource, app: str) -> PushMappings:
            join(world.service, scim, ids[1])
            return real(source, app)

        monkeypatch.setattr(OktaSource, "push_mappings", meanwhile)
        assert world.full()
        monkeypatch.undo()
        assert world.again.waiting(), "for the next tick"
        for _ in range(3):
            assert world.tick() is TickEnd.DONE
            assert lists(world.service) == {scim: ("own", ["ann", "bob"])}
            world.service.clock[0] += 2 * MINUTE
        assert world.again.waiting() == 0
        assert world.full()
        assert lists(world.service) == {scim: ("own", ["ann", "bob"])}


def test_r40_a_group_that_was_taken_for_the_one_of_its_name_goes_to_the_one_that_it_is(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        org, service = world.reader.organization, world.service
        ann, bob = people(org, "ann", "bob")
        named, real = org.add_group("eng", members=[ann]), org.add_group("engineering (Okta)", members=[bob])
        assert world.full()
        ids = [pushed(service, ann), pushed(service, bob)]
        service.clock[0] += MINUTE
        scim = pushed_group(service, "eng", ids[1])
        assert lists(service)[named.id] == ("eng", ["ann", "bob"])
        org.map_pushed_group(org.app("Teleport"), real, scim)
        service.clock[0] += MINUTE
        assert world.full()
        assert lists(service) == {named.id: ("eng", ["ann"]), real.id: ("engineering (Okta)", ["bob"])}
        service.clock[0] += MINUTE
        join(service, scim, ids[0])
        assert lists(service)[real.id][1] == ["ann", "bob"]


@pytest.mark.parametrize("target", ["nobody", None])
def test_r40_a_mapping_of_nothing_here_changes_nothing(tmp_path: Path, target: str | None) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        _, groups, _, _ = twins(world)
        org = world.reader.organization
        org.map_pushed_group(org.app("Teleport"), groups[0], target)
        before = lists(world.service)
        assert world.full()
        assert lists(world.service) == before


def test_r40_an_id_that_two_groups_are_pushed_as_is_neithers(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        _, groups, _, scim = twins(world)
        org = world.reader.organization
        for each in groups:
            org.map_pushed_group(org.app("Teleport"), each, scim[0])
        before = lists(world.service)
        assert world.full()
        assert lists(world.service) == before


def test_mappings_are_asked_for_once_in_a_full_pass_and_not_where_no_group_is_pushed(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        people(world.reader.organization, "ann")
        assert world.full()
        requests = world.reader.simulator.requests
        route = "GET /api/v1/apps/{app}/group-push/mappings"
        assert requests.by_route[route] == 0
        pushed_group(world.service, "eng")
        assert world.full()
        assert requests.by_route[route] == 1


@pytest.mark.parametrize("status", [403, 404, 500])
def test_r40_pairs_stay_where_okta_does_not_tell_them_any_more(tmp_path: Path, status: int) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        org, service = world.reader.organization, world.service
        _, groups, ids, scim = twins(world)
        faults = world.reader.simulator.faults
        faults.add(Fault("/api/v1/apps/*/group-push/mappings", Fail(status), times=None))
        before = lists(service)
        assert world.full()
        assert lists(service) == before, "without the listing, a name alone tells"
        faults.clear()
        org.map_pushed_group(org.app("Teleport"), groups[1], scim[1])
        assert world.full()
        faults.add(Fault("/api/v1/apps/*/group-push/mappings", Fail(status), times=None))
        service.clock[0] += MINUTE
        assert world.full()
        join(service, scim[1], ids[0])
        assert lists(service)[groups[1].id] == ("eng", ["ann", "bob"])
        assert scim[1] not in lists(service)


def last_pass(world: Both) -> PassReport:
    """What the last full pass told."""
    with open_store(world.service.path) as store:
        report = last_report(store.facts, "full")
    assert report is not None
    return report


def read(world: Both) -> list[str]:
    """A full pass, and what it told of groups that are not pushed."""
    world.service.clock[0] += 10 * MINUTE
    assert world.full()
    return [each.message for each in last_pass(world).findings if each.code == NOT_PUSHED]


def test_r40_a_pushed_group_that_okta_pushes_no_more_is_told(tmp_path: Path) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        org, service = world.reader.organization, world.service
        _, groups, _, scim = twins(world)
        app = org.app("Teleport")
        kept, gone = [org.map_pushed_group(app, *each) for each in zip(groups, scim, strict=True)]
        org.delete_group(groups[1])  # its DELETE over SCIM is lost, and a push that was under way comes late
        assert read(world) == []
        join(service, scim[1], pushed(service, people(org, "cid")[0]))
        assert scim[1] in lists(service)
        assert read(world) == [], "Okta's list has it"
        del app.push_mappings[gone.id]
        assert read(world) == [
            "1 pushed group is not in Okta's list of push groups, so that nothing takes its list away any more: "
            f"eng (Groups/{scim[1]}). Look at Push Groups in Okta, and delete over SCIM what is gone there."
        ]
        assert last_pass(world).found[NOT_PUSHED] == 1
        assert asked(service, "DELETE", f"/Groups/{scim[1]}")[0] == 204
        assert read(world) == []
        assert lists(service).keys() == {groups[0].id}
        del app.push_mappings[kept.id]
        pushed_group(service, "own")
        assert read(world) == [], "the list names no group that is here: perhaps another app pushes"


@pytest.mark.parametrize("why", ["not permitted", "not whole", "pushed meanwhile"])
def test_r40_where_okta_does_not_say_all_of_what_it_pushes_nothing_is_told(
    tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with both(tmp_path / "a.db", organization()) as world:
        org, service = world.reader.organization, world.service
        _, groups, ids, scim = twins(world)
        app = org.app("Teleport")
        org.map_pushed_group(app, groups[0], scim[0])
        assert len(read(world)) == 1
        if why == "not permitted":
            world.reader.simulator.faults.add(Fault("/api/v1/apps/*/group-push/mappings", Fail(403), times=None))
        elif why == "not whole":
            org.map_pushed_group(app, groups[1], None)
        else:
            real = OktaSource.push_mappings

            def meanwhile(source: OktaSource, app: str) -> PushMappings:
                join(service, scim[1], ids[0])
                return real(source, app)

            monkeypatch.setattr(OktaSource, "push_mappings", meanwhile)
        assert read(world) == []
