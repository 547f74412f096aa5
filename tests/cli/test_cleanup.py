"""`idsync cleanup`: everything of ours goes, people are locked first, and what people made stays."""

from pathlib import Path

import pytest

from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import open_store
from tests.cli.running import Idsync


@pytest.fixture
def full(idsync: Idsync, org: Path) -> Path:
    """The organization, applied, with a user, a list and a lock that somebody made by hand."""
    assert idsync("apply", "-c", org, "--auto-approve").code == 0
    return org


def names(idsync: Idsync, org: Path, kind: str) -> set[str]:
    rows = idsync("get", kind, "-c", org, "--format", "json").json
    assert isinstance(rows, list)
    return {row["metadata"]["name"] for row in rows}


def by_hand(idsync: Idsync, org: Path, text: str) -> None:
    ended = idsync("create", "-", "-c", org, stdin=text)
    assert ended.code == 0, ended.err


VISITOR = "kind: user\nversion: v2\nmetadata: {name: visitor}\nspec: {roles: [guest]}\n"


def list_with(members: str = "", owners: str = "") -> str:
    return (
        "kind: access_list\nversion: v1\nmetadata: {name: made-by-hand}\n"
        f"spec: {{title: Made by hand, owners: [{owners}]}}\n{members}"
    )


def test_it_is_only_shown_without_approval(idsync: Idsync, full: Path) -> None:
    users = names(idsync, full, "users")
    shown = idsync("cleanup", "-c", full)
    assert (shown.code, "--auto-approve" in shown.err) == (0, True)
    assert "everything of ours is removed" in shown.out
    assert names(idsync, full, "users") == users
    as_json = idsync("cleanup", "-c", full, "--format", "json").json
    assert isinstance(as_json, dict)
    assert {change["reason"] for change in as_json["changes"]} == {"cleared"}


def test_everything_of_ours_goes_and_people_are_locked_first(idsync: Idsync, full: Path) -> None:
    by_hand(idsync, full, VISITOR)
    by_hand(idsync, full, list_with())
    users = names(idsync, full, "users") - {"visitor"}
    ended = idsync("cleanup", "-c", full, "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert names(idsync, full, "users") == {"visitor"}
    assert names(idsync, full, "access_lists") == {"made-by-hand"}
    locks = idsync("get", "locks", "-c", full, "--format", "json").json
    assert isinstance(locks, list)
    assert {lock["spec"]["target"]["user"] for lock in locks} == users
    assert all(lock["spec"]["expires"] and lock["metadata"]["labels"]["okta/user-id"] for lock in locks)
    assert all("manages" in lock["spec"]["message"] for lock in locks)
    again = idsync("cleanup", "-c", full, "--auto-approve")
    assert (again.code, "No changes" in again.out) == (0, True)
    history = idsync("history", "-c", full, "--verify")
    assert history.code == 0, history.err
    run = idsync("history", "2", "-c", full)
    assert "idsync cleanup removes everything of ours" in idsync("history", "-c", full, "--format", "json").out
    assert run.code == 0


def test_the_next_apply_makes_everybody_again(idsync: Idsync, full: Path) -> None:
    kinds = ("users", "access_lists", "locks")
    before = [names(idsync, full, kind) for kind in kinds]
    assert idsync("cleanup", "-c", full, "--auto-approve").code == 0
    ended = idsync("apply", "-c", full, "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert [names(idsync, full, kind) for kind in kinds] == before
    assert idsync("plan", "-c", full, "--detailed-exitcode").code == 0


def test_locks_go_too_when_asked(idsync: Idsync, full: Path) -> None:
    somebody = min(names(idsync, full, "users"))
    assert idsync("lock", somebody, "-c", full, "--message", "a person's").code == 0
    assert idsync("cleanup", "-c", full, "--auto-approve").code == 0
    assert len(names(idsync, full, "locks")) > 1
    ended = idsync("cleanup", "-c", full, "--auto-approve", "--locks")
    assert ended.code == 0, ended.err
    assert "[everything of ours is removed; unlocked]" in ended.out
    assert "by hand" not in ended.out
    locks = idsync("get", "locks", "-c", full, "--format", "json").json
    assert isinstance(locks, list)
    assert [lock["spec"]["message"] for lock in locks] == ["a person's"]


@pytest.mark.parametrize("role", ["member", "owner"])
def test_a_foreign_list_that_needs_one_of_ours_stops_it(idsync: Idsync, full: Path, role: str) -> None:
    ours = min(names(idsync, full, "access_lists"))
    if role == "owner":
        by_hand(idsync, full, list_with(owners=f"{{name: {ours}, membership_kind: MEMBERSHIP_KIND_LIST}}"))
    else:
        member = (
            "---\nkind: access_list_member\nversion: v1\n"
            f"metadata: {{name: {ours}}}\n"
            f"spec: {{access_list: made-by-hand, name: {ours}, membership_kind: MEMBERSHIP_KIND_LIST}}\n"
        )
        by_hand(idsync, full, list_with(member))
    users = names(idsync, full, "users")
    ended = idsync("cleanup", "-c", full, "--auto-approve")
    assert (ended.code, f"as a {role}" in ended.err or f"as an {role}" in ended.err) == (5, True)
    assert "Made by hand" in ended.err
    assert names(idsync, full, "users") == users


def test_it_waits_for_a_service_to_end(idsync: Idsync, full: Path) -> None:
    with open_store(full / "idsync.db") as store:
        lease = store.replicas.announce(this_process("2026-11-22T12:00:00Z"))
    ended = idsync("cleanup", "-c", full, "--auto-approve")
    assert (ended.code, "A service runs" in ended.err) == (9, True)
    with open_store(full / "idsync.db") as store:
        store.replicas.leave(lease)
    assert idsync("cleanup", "-c", full, "--auto-approve").code == 0


def test_protected_people_go_as_well_since_it_is_meant(idsync: Idsync, full: Path) -> None:
    assert "protected_users: [enzo.moretti@enzos-pizza.com]" in (full / "idsync.yaml").read_text()
    assert "enzo.moretti@enzos-pizza.com" in names(idsync, full, "users")
    assert idsync("cleanup", "-c", full, "--auto-approve").code == 0
    assert names(idsync, full, "users") == set()


def test_apps_groups_and_their_roles_go_with_the_lists(idsync: Idsync, full: Path) -> None:
    file = full / "idsync.yaml"
    file.write_text(file.read_text().replace("\nspec:\n", "\nspec:\n  sync: {app_groups: true}\n", 1))
    ended = idsync("apply", "-c", full, "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert all(names(idsync, full, kind) for kind in ("apps", "user_groups", "roles"))
    by_hand(idsync, full, "kind: role\nversion: v7\nmetadata: {name: by-hand}\nspec: {}\n")
    ended = idsync("cleanup", "-c", full, "--auto-approve")
    assert ended.code == 0, ended.out + ended.err
    assert [names(idsync, full, kind) for kind in ("apps", "user_groups", "roles")] == [set(), set(), {"by-hand"}]
    assert idsync("history", "-c", full, "--verify").code == 0
