"""Who a SCIM resource is: by the Okta id that is pushed, by a name that is known, by the SCIM id; and who it is not."""

import datetime as dt

from idsync.model.directory import DirectoryState
from idsync.model.identified import identified_state
from idsync.model.ownership import USER_ID_LABEL
from tests.server.conftest import Served
from tests.server.test_scim_door import asked, user


def okta_id(service: Served, name: str) -> str:
    """Whose account it is."""
    return service.directory().users[name].metadata.labels[USER_ID_LABEL]


def locked(service: Served) -> list[str | None]:
    """Who is locked."""
    return [lock.spec.target.user for lock in service.directory().locks.values()]


def relabelled(state: DirectoryState, had: str, has: str) -> DirectoryState:
    """A state, with what carries one id labelled with another."""
    return identified_state(state, {had: has})


def test_r40_the_external_id_is_oktas_and_without_one_the_scim_id_stands_for_a_person(service: Served) -> None:
    asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))
    bob = asked(service, "POST", "/Users", json=user("bob@x.com"))[1]
    assert okta_id(service, "ann@x.com") == "00u1"
    assert okta_id(service, "bob@x.com") == bob["id"]


def test_r40_an_external_id_given_later_is_that_of_the_same_person(service: Served) -> None:
    made = asked(service, "POST", "/Users", json=user("ann@x.com"))[1]
    before = service.directory()
    code, told = asked(service, "PUT", f"/Users/{made['id']}", json=user("ann@x.com", externalId="00u1"))
    assert (code, told["externalId"]) == (200, "00u1")
    assert okta_id(service, "ann@x.com") == "00u1"
    assert service.directory() == relabelled(before, made["id"], "00u1")
    assert asked(service, "GET", '/Users?filter=externalId eq "00u1"')[1]["totalResults"] == 1


def test_r40_another_external_id_is_another_person_also_on_an_old_tombstone(service: Served) -> None:
    made = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))[1]
    path = f"/Users/{made['id']}"
    asked(service, "PUT", path, json=user("ann@x.com", externalId="00u1") | {"active": False})
    assert locked(service) == ["ann@x.com"]
    service.clock[0] += dt.timedelta(minutes=5)
    code, _ = asked(service, "PUT", path, json=user("ann@x.com", externalId="00u2"))
    assert code == 200
    assert okta_id(service, "ann@x.com") == "00u2"
    assert locked(service) == ["ann@x.com"], "what keeps the first one's credentials out stays"


def test_r40_a_name_goes_from_one_resource_to_another(service: Served) -> None:
    first = asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u1"))[1]
    assert asked(service, "PUT", f"/Users/{first['id']}", json=user("ann2@x.com", externalId="00u1"))[0] == 200
    assert sorted(service.directory().users) == ["ann2@x.com"]
    assert asked(service, "POST", "/Users", json=user("ann@x.com", externalId="00u2"))[0] == 201
    assert okta_id(service, "ann@x.com") == "00u2"
    assert okta_id(service, "ann2@x.com") == "00u1"
