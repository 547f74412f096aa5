"""Made-up organizations are the same for the same seed, have the sizes asked for, and change in one person only."""

from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.configuration import write_configuration
from benchmarks.organizations import VARIANTS, Size, Variant, make_organization, write_snapshot
from idsync.config.loader import load
from idsync.model.identity import Snapshot
from idsync.sources.snapshot import read_snapshot
from tests.effort import examples

SMALL = Size(users=200, groups=20, memberships=1000, apps=4)


def written(directory: Path, size: Size = SMALL, seed: int = 0, variant: Variant = "same") -> bytes:
    path = directory / f"{seed}-{variant}.json"
    write_snapshot(make_organization(size, seed), path, variant)
    return path.read_bytes()


def read(directory: Path, variant: Variant = "same") -> Snapshot:
    written(directory, variant=variant)
    return read_snapshot(directory / f"0-{variant}.json")


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, variant: Variant) -> None:
    assert written(tmp_path, variant=variant) == written(tmp_path, variant=variant)


def test_another_seed_gives_another_organization(tmp_path: Path) -> None:
    assert written(tmp_path, seed=1) != written(tmp_path, seed=2)


@settings(max_examples=examples(70))
@given(users=st.integers(20, 120), groups=st.integers(10, 40), apps=st.integers(1, 9), share=st.floats(0, 1))
def test_an_organization_has_the_sizes_that_were_asked_for(users: int, groups: int, apps: int, share: float) -> None:
    least, most = 2 * (groups + apps), users * groups // 2
    size = Size(users, groups, round(least + share * (most - least)), apps)
    made = make_organization(size)
    assert (len(set(made.user_ids)), len(made.groups), len(made.apps)) == (users, groups, apps)
    bodies = [*made.groups, *made.apps]
    assert all(a < b for body in bodies for a, b in pairwise(body.members))
    assert sum(len(body.members) for body in bodies) == size.memberships


@pytest.mark.parametrize(
    "sizes", [(19, 20, 100, 4), (200, 9, 100, 4), (200, 20, 100, 0), (200, 20, 47, 4), (200, 20, 2001, 4)]
)
def test_sizes_that_no_organization_has_are_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"at least"):
        Size(*sizes)


def test_names_of_users_and_groups_are_all_different(tmp_path: Path) -> None:
    snapshot = read(tmp_path)
    assert len({user.username for user in snapshot.users}) == len(snapshot.users)
    assert len({group.name for group in snapshot.groups}) == len(snapshot.groups)


def test_a_profile_change_is_in_one_line(tmp_path: Path) -> None:
    before, after = written(tmp_path).splitlines(), written(tmp_path, variant="profile").splitlines()
    assert len(before) == len(after)
    (old, new), *more = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert not more
    decode = msgspec.json.decode
    was, became = decode(old.rstrip(b","))["profile"], decode(new.rstrip(b","))["profile"]
    assert {key for key in was if was[key] != became[key]} == {"title"}


def test_a_leaver_is_no_longer_assigned_and_known_to_be_deactivated(tmp_path: Path) -> None:
    before, after = read(tmp_path), read(tmp_path, "leaver")
    (gone,) = {user.id for user in before.users} - {user.id for user in after.users}
    assert after.unassigned == {gone: "DEPROVISIONED"}
    assert after.groups == before.groups


def test_a_joiner_is_one_more_person_in_two_groups(tmp_path: Path) -> None:
    before, after = read(tmp_path), read(tmp_path, "joiner")
    (new,) = {user.id for user in after.users} - {user.id for user in before.users}
    assert len(after.users) == len(before.users) + 1
    assert sum(new in group.member_ids() for group in after.groups) == 2


def test_a_mover_leaves_one_group_for_another(tmp_path: Path) -> None:
    before, after = read(tmp_path), read(tmp_path, "mover")
    assert before.users == after.users
    moves = [
        (set(old.member_ids()) - set(new.member_ids()), set(new.member_ids()) - set(old.member_ids()))
        for old, new in zip(before.groups, after.groups, strict=True)
        if old != new
    ]
    assert sorted(len(left) for left, _ in moves) == [0, 1]
    assert set.union(*(left for left, _ in moves)) == set.union(*(joined for _, joined in moves))


def test_the_configuration_that_goes_with_it_has_no_mistakes(tmp_path: Path) -> None:
    write_configuration(tmp_path)
    loaded = load(tmp_path)
    assert loaded.settings is not None
    assert loaded.diagnostics == ()
