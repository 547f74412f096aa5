"""People who are there already when they are pushed: by a login for a while, by a reading, or by an earlier push."""

import datetime as dt
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.model.directory import DirectoryState
from idsync.model.resources import ConnectorReference, CreatedBy, User
from tests.core.world import foreign_user
from tests.okta_scim_client import Dialect, Engine
from tests.okta_scim_client.quirks import Switches
from tests.server.both import both, organization
from tests.server.conftest import Served
from tests.server.test_bursts import DIALECTS, locked
from tests.server.test_inherited_resources import by_hand, minutes_later, somebody_read
from tests.server.test_who_it_is import okta_id


def by_login(name: str, ends: str = "2026-11-23T00:00:00Z") -> User:
    """Somebody who signed in by SSO, and has an account for a while."""
    made_by = CreatedBy(connector=ConnectorReference("saml", "okta", name))
    return foreign_user(name, roles=("requester",), expires=ends, created_by=made_by)


def same(state: DirectoryState, other: DirectoryState) -> bool:
    """Whether two states hold the same objects."""
    return (state.users, state.locks, state.access_lists, state.members) == (
        other.users,
        other.locks,
        other.access_lists,
        other.members,
    )


@DIALECTS
def test_r6_a_push_takes_over_who_signed_in_for_a_while(service: Served, dialect: Dialect) -> None:
    by_hand(service, by_login("ann@x.com"))
    okta = service.engine(dialect)
    ann = okta.person("00u1", "ann@x.com", firstName="Ann")
    okta.assign(ann)
    assert okta.tasks == []
    adopted = service.directory().users["ann@x.com"]
    assert adopted.spec.expires is None
    assert okta_id(service, "ann@x.com") == "00u1"
    assert adopted.spec.traits["okta/firstName"] == ("Ann",)
    minutes_later(service)
    okta.deactivate(ann)
    assert (okta.tasks, service.directory().users, locked(service)) == ([], {}, ["ann@x.com"])


@DIALECTS
def test_r6_who_comes_back_after_a_login_is_taken_over(service: Served, dialect: Dialect) -> None:
    okta = service.engine(dialect)
    ann = okta.person("00u1", "ann@x.com")
    okta.assign(ann)
    minutes_later(service)
    okta.deactivate(ann)
    by_hand(service, by_login("ann@x.com"))
    minutes_later(service)
    okta.assign(ann)
    assert okta.tasks == []
    assert service.directory().users["ann@x.com"].spec.expires is None
    assert okta_id(service, "ann@x.com") == "00u1"
    assert locked(service) == []


@DIALECTS
def test_r6_who_is_in_a_pushed_group_and_renamed_to_a_login_s_name_is_taken_over(
    service: Served, dialect: Dialect
) -> None:
    okta = service.engine(dialect)
    ann = okta.person("00u1", "ann@x.com")
    okta.assign(ann)
    okta.push_group("eng", [ann])
    by_hand(service, by_login("anna@x.com"))
    minutes_later(service)
    okta.change_profile(ann, username="anna@x.com")
    assert okta.tasks == []
    state = service.directory()
    assert list(state.users) == ["anna@x.com"]
    assert okta_id(service, "anna@x.com") == "00u1"
    assert [list(members) for members in state.members.values()] == [["anna@x.com"]]


@DIALECTS
@pytest.mark.parametrize("end", ["over", "none", "no connector"])
def test_r6_only_an_account_that_a_login_made_for_a_while_is_taken_over(
    service: Served, dialect: Dialect, end: str
) -> None:
    made = by_login("ann@x.com", "2026-11-01T00:00:00Z" if end == "over" else "2026-11-23T00:00:00Z")
    if end == "none":
        made = replace(made, spec=replace(made.spec, expires=None))
    if end == "no connector":
        made = replace(made, spec=replace(made.spec, created_by=None))
    by_hand(service, made)
    before = service.directory()
    okta = service.engine(dialect)
    okta.assign(okta.person("00u1", "ann@x.com"))
    if end == "over":  # an account that has ended is a login's all the same
        assert okta.tasks == []
        assert service.directory().users["ann@x.com"].spec.expires is None
    else:
        assert ["409" in task for task in okta.tasks] == [True]
        assert same(service.directory(), before)


@DIALECTS
def test_r40_people_who_were_assigned_before_are_pushed_and_nothing_moves(tmp_path: Path, dialect: Dialect) -> None:
    org = organization()
    with both(tmp_path / "a.db", org) as world:
        service = world.service
        ids = {name: somebody_read(world, name, name) for name in ("ann@x.com", "Bob@x.com", "cyd@x.com")}
        before = service.directory()
        okta = service.engine(dialect)
        people = [okta.person(each, name) for name, each in ids.items()]
        okta.switches = Switches(create=False)
        for person in people:
            okta.assign(person)  # before provisioning is on: nothing is sent
        for _ in range(2):  # the second time the filter finds them, and Okta links
            for person in people:
                okta.provision(person)
            assert okta.tasks == []
            minutes_later(service)
            assert world.full()
            assert {okta_id(service, name) for name in ids} == set(ids.values())
            assert same(service.directory(), before)
        okta.deactivate(people[0])
        assert okta.tasks == []
        assert locked(service) == ["ann@x.com"]
        org.unassign_user(org.app("Teleport"), org.user("ann@x.com"))
        service.clock[0] += dt.timedelta(minutes=1)
        assert world.full()
        assert locked(service) == ["ann@x.com"]


@DIALECTS
def test_r40_who_was_pushed_before_is_found_by_another_okta_app_and_linked(service: Served, dialect: Dialect) -> None:
    first, second = service.engine(dialect), service.engine(dialect)

    def pushed_by(okta: Engine) -> str:
        person = okta.person("00u1", "ann@x.com")
        okta.provision(person)
        assert okta.tasks == []
        return str(person.scim_id)

    made = pushed_by(first)
    before = service.directory()
    minutes_later(service)
    assert pushed_by(second) == made
    assert same(service.directory(), before)
