"""Which fields of an object are ours, and what becomes of the others."""

import uuid
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from idsync.model.ownership import (
    OWNED_LIST_FIELDS,
    OWNED_LOCK_FIELDS,
    OWNED_USER_FIELDS,
    USER_ID_LABEL,
    differing,
    ended_locks,
    labelled_by,
    lock_name,
    our_labels,
    owned,
    same_owned,
    with_owned,
)
from idsync.model.resources import (
    AccessList,
    AccessListSpec,
    Audit,
    Grants,
    Lock,
    LockSpec,
    LockTarget,
    Metadata,
    Owner,
    User,
    UserSpec,
    access_list,
    lock,
    user,
)

ORG = "https://enzos-pizza.okta.com"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
OURS = our_labels(ORG)
USER = user(
    Metadata("ann", labels={**OURS, USER_ID_LABEL: "00u1", "team": "x"}, expires="2027-01-01T00:00:00Z"),
    UserSpec(("dev",), {"okta/login": ("ann",)}),
)
LIST = access_list(
    Metadata("00g1", "described", labels=dict(OURS)),
    AccessListSpec("Eng", owners=(Owner("olga"),), audit=Audit(), grants=Grants(("dev",))),
)
LOCK = lock(Metadata("l", labels=dict(OURS)), LockSpec(LockTarget(user="ann"), "left", "2026-11-23T00:00:00Z"))
BODIES = pytest.mark.parametrize("body", [USER, LIST, LOCK], ids=lambda body: body.kind)


def test_the_owned_fields_are_fields_of_their_shapes() -> None:
    assert set(OWNED_USER_FIELDS) < set(UserSpec.__struct_fields__)
    assert set(OWNED_LIST_FIELDS) < set(AccessListSpec.__struct_fields__)
    assert set(OWNED_LOCK_FIELDS) == set(LockSpec.__struct_fields__)


@BODIES
def test_of_an_object_that_is_not_there_nothing_is_owned(body: User | Lock | AccessList) -> None:
    assert owned(None) == {}
    assert differing(body, body) == []
    assert set(differing(None, body)) >= set(differing(body, None)) - {f"label {USER_ID_LABEL}"}
    assert f"label {USER_ID_LABEL}" in owned(body)


def test_what_people_own_makes_no_difference() -> None:
    theirs = replace(LIST.metadata, description="other", labels={**OURS, "note": "x"})
    edited = replace(LIST, metadata=theirs, spec=replace(LIST.spec, owners=(), audit=None))
    assert differing(LIST, edited) == []
    assert same_owned(LIST, edited)
    assert differing(LIST, replace(LIST, spec=replace(LIST.spec, title="Ops", grants=Grants()))) == ["grants", "title"]
    assert differing(USER, replace(USER, metadata=replace(USER.metadata, labels={}))) == [
        "label okta/org",
        "label okta/user-id",
        "label teleport.dev/origin",
    ]


def test_ours_is_written_and_theirs_is_kept() -> None:
    wanted = user(Metadata("ann2", labels={**OURS, USER_ID_LABEL: "00u2"}), UserSpec(("ops",), {"okta/login": ("a",)}))
    found = with_owned(USER, wanted)
    assert found.metadata == replace(USER.metadata, name="ann2", labels={**USER.metadata.labels, USER_ID_LABEL: "00u2"})
    assert found.spec == replace(USER.spec, roles=("ops",), traits={"okta/login": ("a",)})
    renamed = access_list(Metadata("00g1", labels=dict(OURS)), AccessListSpec("Ops", description="d"))
    assert with_owned(LIST, renamed).spec == replace(LIST.spec, title="Ops", description="d", grants=Grants())


def test_what_has_what_is_wanted_is_that_already() -> None:
    assert with_owned(USER, USER) == USER
    assert with_owned(LIST, LIST) == LIST
    assert with_owned(LOCK, LOCK) == LOCK


def test_a_label_of_ours_that_is_not_wanted_goes() -> None:
    labelled = replace(LIST, metadata=replace(LIST.metadata, labels={**OURS, USER_ID_LABEL: "00u1", "note": "x"}))
    assert with_owned(labelled, LIST).metadata.labels == {**OURS, "note": "x"}


def test_a_lock_of_other_times_is_the_same_if_it_ends_as_is_wanted() -> None:
    def with_spec(**fields: object) -> Lock:
        return replace(LOCK, spec=replace(LOCK.spec, **fields))

    assert same_owned(LOCK, with_spec(expires="2026-12-01T00:00:00Z", created_at="2026-11-01T00:00:00Z"))
    assert not same_owned(LOCK, with_spec(expires=None))
    assert not same_owned(with_spec(expires=None), LOCK)
    assert not same_owned(LOCK, with_spec(target=LockTarget(user="bob")))


def test_absence_is_the_same_as_absence_alone() -> None:
    assert same_owned(None, None)
    assert not same_owned(USER, None)
    assert not same_owned(None, USER)


def test_locks_of_ours_have_ended_when_their_time_has_come_and_others_never() -> None:
    ended = replace(LOCK, spec=replace(LOCK.spec, expires="2026-11-22T09:30:00Z"))
    lasting = replace(LOCK, spec=replace(LOCK.spec, expires="2026-11-22T09:30:01Z"))
    endless = replace(LOCK, spec=replace(LOCK.spec, expires=None))
    theirs = replace(ended, metadata=Metadata("x"))
    locks = {"ended": ended, "lasting": lasting, "endless": endless, "theirs": theirs}
    assert ended_locks(locks, labelled_by(ORG), NOW) == {"ended"}
    assert ended_locks(locks, labelled_by("https://other"), NOW) == frozenset()


def test_the_name_of_a_lock_is_what_uuidv5_makes_of_whom_it_is_on() -> None:
    for number in range(100):
        name, okta_id = f"p{number}@\u00e9.com", f"00u{number}" if number % 2 else ""
        place = f"{ORG}/{name}/{okta_id}".rstrip("/")
        assert lock_name(ORG, name, okta_id) == str(uuid.uuid5(uuid.NAMESPACE_URL, place))
