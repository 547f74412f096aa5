"""Snapshots as values: a digest of the facts alone, and raw parts that are opened late and carefully."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.errors import SnapshotError
from idsync.model.identity import IdentityApp, IdentityGroup, IdentityUser, Snapshot
from tests.core.organizations import shuffled, snapshots
from tests.core.world import app, group, okta, person, replace

SNAPSHOT = okta(person("ann", a=1), person("bob"), group("eng", "ann", "bob"), app("CRM", "ann", groups=["00g-eng"]))


@given(snapshots(), st.integers(0, 1000))
def test_the_digest_does_not_depend_on_order_nor_on_when(snapshot: Snapshot, seed: int) -> None:
    other = replace(shuffled(snapshot, seed), taken_at="2030-01-01T00:00:00Z")
    assert other.digest() == snapshot.digest()


@pytest.mark.parametrize(
    "other",
    [
        okta(*SNAPSHOT.users[:1], *SNAPSHOT.groups, *SNAPSHOT.apps),
        okta(person("ann", a=2), *SNAPSHOT.users[1:], *SNAPSHOT.groups, *SNAPSHOT.apps),
        okta(person("ann", "SUSPENDED", a=1), *SNAPSHOT.users[1:], *SNAPSHOT.groups, *SNAPSHOT.apps),
        okta(*SNAPSHOT.users, group("eng", "ann"), *SNAPSHOT.apps),
        okta(*SNAPSHOT.users, *SNAPSHOT.groups, app("CRM", "bob", groups=["00g-eng"])),
        replace(SNAPSHOT, complete=False),
        replace(SNAPSHOT, unassigned={"00u-zoe": "DELETED"}),
    ],
)
def test_any_other_fact_gives_another_digest(other: Snapshot) -> None:
    assert other.digest() != SNAPSHOT.digest()


def test_a_snapshot_reads_back() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SNAPSHOT), type=Snapshot).digest() == SNAPSHOT.digest()


@pytest.mark.parametrize("raw", [b"[]", b"{", b"1", b'{"a":1e999}', b'{"a":"\xff"}', b'{"a":' + b"[" * 100_000])
def test_a_profile_that_is_none_is_a_snapshot_error(raw: bytes) -> None:
    with pytest.raises(SnapshotError, match=r"^The profile of user 00u1 cannot be read\.$"):
        IdentityUser("00u1", "ann", "ACTIVE", msgspec.Raw(raw)).attributes()


@pytest.mark.parametrize("raw", [b"{}", b"[", b"[1]", b'["\xff"]', b"[" * 100_000])
def test_members_that_are_none_are_a_snapshot_error(raw: bytes) -> None:
    with pytest.raises(SnapshotError, match=r"^The list of members of group 00g1 cannot be read\.$"):
        IdentityGroup("00g1", "eng", msgspec.Raw(raw)).member_ids()
    with pytest.raises(SnapshotError, match=r"^The list of users of app 0oa1 cannot be read\.$"):
        IdentityApp("0oa1", "CRM", msgspec.Raw(raw)).user_ids()


@pytest.mark.parametrize("raw", [b"1", b"{}", b"[1]", b'["a",1]', b"[[]]", b'["\xff"]', b"[" * 100_000])
def test_the_digest_of_members_that_are_none_is_a_snapshot_error(raw: bytes) -> None:
    broken = replace(SNAPSHOT, groups=[IdentityGroup("00g1", "eng", msgspec.Raw(raw))])
    with pytest.raises(SnapshotError):
        broken.digest()


@pytest.mark.parametrize("raw", [b"1", b"[]", b'{"a":1e999}', b'{"a":"\xff"}', b'{"a":' + b"[" * 100_000])
def test_the_digest_of_a_profile_that_is_none_is_a_snapshot_error(raw: bytes) -> None:
    broken = replace(SNAPSHOT, users=[IdentityUser("00u1", "ann", "ACTIVE", msgspec.Raw(raw))])
    with pytest.raises(SnapshotError):
        broken.digest()
