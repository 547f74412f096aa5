"""A week in an organization, pushed in both dialects and with every quirk that was observed: one and the same end."""

import datetime as dt

import pytest

from tests.okta_scim_client import Dialect, Engine, Quirks, State
from tests.server.conftest import Served

DIALECTS = pytest.mark.parametrize("dialect", Dialect)
QUIRKS = [
    Quirks(),
    Quirks(filter_with_plus=True, capital_operations=True, active_as_text=True, email_type=False),
    Quirks(member_display="null", rename_first=True, external_id=False),
    Quirks(member_display="absent", rename_with_each_change=False, enterprise=False, members_a_patch=1),
]


def _week(okta: Engine) -> None:
    """Joiners, a mover, a leaver who returns, a rename, and two groups."""
    ann = okta.person("00u1", "ann@x.com", firstName="Ann", department="Engineering")
    bob = okta.person("00u2", "bob@x.com", firstName="Bob", title="")
    cid = okta.person("00u3", "cid@x.com", department="Sales")
    for person in (ann, bob, cid):
        okta.assign(person)
    eng, ops = okta.push_group("eng", [ann, bob]), okta.push_group("ops", [cid])
    okta.change_profile(ann, department="Support")
    okta.change_members(eng, joined=(cid,), left=(bob,))
    okta.rename_group(ops, "operations")
    okta.deactivate(cid)
    okta.unassign(bob)
    okta.suspend(ann)
    okta.assign(bob)
    okta.push_now(eng)


@DIALECTS
@pytest.mark.parametrize("quirks", QUIRKS)
def test_a_week_that_is_pushed_is_in_the_directory(service: Served, dialect: Dialect, quirks: Quirks) -> None:
    okta = service.engine(dialect, quirks)
    okta.client.test(groups=True)
    _week(okta)
    assert okta.tasks == []
    found = service.directory()
    assert sorted(found.users) == ["ann@x.com", "bob@x.com"]
    assert [lock.spec.target.user for lock in found.locks.values()] == ["cid@x.com"]
    titles = {found.access_lists[name].spec.title: sorted(members) for name, members in found.members.items()}
    assert titles == {"eng": ["ann@x.com"]}


@DIALECTS
def test_attributes_become_traits_under_oktas_names(service: Served, dialect: Dialect) -> None:
    okta = service.engine(dialect)
    _week(okta)
    traits = service.directory().users["ann@x.com"].spec.traits
    assert traits["okta/firstName"] == ("Ann",)
    assert traits["okta/department"] == ("Support",)
    assert traits["okta/email"] == ("ann@x.com",)
    assert traits["okta/login"] == ("ann@x.com",)
    assert not any("placeholder" in text for values in traits.values() for text in values)


@DIALECTS
def test_r42_a_leaver_stays_as_a_tombstone_and_returns_under_the_same_id(service: Served, dialect: Dialect) -> None:
    okta = service.engine(dialect)
    ann = okta.person("00u1", "ann@x.com")
    bob = okta.person("00u2", "bob@x.com")
    okta.assign(ann)
    okta.assign(bob)
    okta.push_group("eng", [ann, bob])
    scim_id = str(ann.scim_id)
    okta.deactivate(ann)
    assert service.directory().users.keys() == {"bob@x.com"}
    assert okta.client.get("Users", scim_id)["active"] is False
    found = okta.client.find_user("ANN@x.com")
    assert found is not None
    assert found["id"] == scim_id
    names, _ = okta.import_all()
    assert names == ["ann@x.com", "bob@x.com"]
    service.clock[0] += dt.timedelta(hours=1)
    okta.assign(ann)
    assert ann.scim_id == scim_id
    back = service.directory()
    assert back.locks == {}
    assert [sorted(members) for members in back.members.values()] == [["ann@x.com", "bob@x.com"]]


def test_a_person_who_is_deleted_is_locked_and_gone(service: Served) -> None:
    okta = service.engine(quirks=Quirks(granular_deprovisioning=True))
    ann = okta.person("00u1", "ann@x.com")
    okta.assign(ann)
    okta.deactivate(ann)
    assert okta.tasks == []
    assert okta.client.find_user("ann@x.com") is None
    assert [lock.spec.target.user for lock in service.directory().locks.values()] == ["ann@x.com"]


def test_a_group_that_is_unlinked_and_deleted_is_gone_with_its_list(service: Served) -> None:
    okta = service.engine()
    ann = okta.person("00u1", "ann@x.com")
    okta.assign(ann)
    group = okta.push_group("eng", [ann])
    assert len(service.directory().access_lists) == 1
    okta.unlink(group, delete=True)
    assert okta.tasks == []
    assert service.directory().access_lists == {}


def test_a_failed_push_is_told_to_the_administrator(service: Served) -> None:
    okta = service.engine()
    ann = okta.person("00u1", "ann@x.com")
    okta.client.token = "wrong"
    okta.assign(ann)
    assert ann.state is State.ERROR
    assert okta.tasks == [
        "ann@x.com: 401: Errors reported by remote server: The bearer token is missing, unknown, revoked or expired."
    ]
