"""A configuration with a second target, as the command line plans for it, applies to it, and tells of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.bootstrap.workspace import Workspace
from idsync.errors import AuthenticationError, TargetError
from idsync.model.addresses import Address
from idsync.model.resources import User
from idsync.plan.planfile import decode_plan
from tests.cli.running import Idsync
from tests.targets.remote import RemoteTarget


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> RemoteTarget:
    """A target beside the directory, in every configuration."""
    target = RemoteTarget()
    monkeypatch.setattr(Workspace, "further_targets", lambda _: (target,))
    return target


def refusing(error: BaseException, *, only: str = "") -> Callable[[Address, bool], None]:
    def fails(address: Address, made: bool) -> None:
        if not only or address == only:
            raise error

    return fails


def names(idsync: Idsync, org: Path) -> set[str]:
    """The users of the directory who are not locked: the remote target has no locks, and no accounts of the locked."""
    users: Any = idsync("get", "users", "-c", org, "--format", "json").json
    locks: Any = idsync("get", "locks", "-c", org, "--format", "json").json
    return {user["metadata"]["name"] for user in users} - {lock["spec"]["target"]["user"] for lock in locks}


def test_a_plan_is_shown_kept_and_applied_for_both(
    idsync: Idsync, fresh: Path, tmp_path: Path, remote: RemoteTarget
) -> None:
    kept = tmp_path / "plan.json"
    shown = idsync("plan", "-c", fresh, "-o", kept)
    assert shown.code == 0
    assert "in the target remote" in shown.out
    plan = decode_plan(kept.read_bytes())
    assert {change.target for change in plan.changes} == {"", "remote"}
    assert idsync("apply", kept, "-c", fresh).code == 0
    assert remote.users.keys() == names(idsync, fresh)
    again = idsync("plan", "-c", fresh, "--detailed-exitcode")
    assert again.code == 0


def test_what_a_target_refuses_ends_with_8_and_the_next_apply_takes_it_up(
    idsync: Idsync, fresh: Path, remote: RemoteTarget
) -> None:
    remote.fails = refusing(TargetError("Try later."), only="user/giulia.romano@enzos-pizza.com")
    ended = idsync("apply", "-c", fresh, "--auto-approve")
    assert ended.code == 8
    assert "remote: " in ended.err
    assert remote.users.keys() == names(idsync, fresh) - {"giulia.romano@enzos-pizza.com"}
    remote.fails = lambda address, made: None
    assert idsync("apply", "-c", fresh, "--auto-approve").code == 0
    assert remote.users.keys() == names(idsync, fresh)


@pytest.mark.parametrize(
    ("error", "code"), [(TargetError("remote does not answer."), 7), (AuthenticationError("The token has expired."), 4)]
)
def test_a_target_that_nobody_can_ask_ends_with_its_own_code_once_the_rest_is_made(
    idsync: Idsync, fresh: Path, tmp_path: Path, remote: RemoteTarget, monkeypatch: pytest.MonkeyPatch,
    error: Exception, code: int,
) -> None:  # fmt: skip
    kept = tmp_path / "plan.json"
    assert idsync("plan", "-c", fresh, "-o", kept).code == 0

    def serial() -> int:
        raise error

    monkeypatch.setattr(remote, "serial", serial)
    ended = idsync("apply", kept, "-c", fresh)
    assert ended.code == code
    assert str(error) in ended.err
    assert names(idsync, fresh)
    monkeypatch.undo()
    monkeypatch.setattr(Workspace, "further_targets", lambda _: (remote,))
    again = idsync("apply", kept, "-c", fresh)
    assert again.code == 0
    assert "taken up where it was broken off" in again.out
    assert remote.users.keys() == names(idsync, fresh)


def test_an_interrupt_says_that_made_steps_are_kept_where_a_target_keeps_them(
    idsync: Idsync, fresh: Path, remote: RemoteTarget
) -> None:
    remote.fails = refusing(KeyboardInterrupt())
    ended = idsync("apply", "-c", fresh, "--auto-approve")
    assert ended.code == 130
    assert "nothing is half done" not in ended.err
    assert "the steps that were made before are kept" in ended.err


def test_r37_a_change_that_moved_in_one_target_waits_and_the_same_one_in_the_other_goes_ahead(
    idsync: Idsync, fresh: Path, tmp_path: Path, remote: RemoteTarget
) -> None:
    kept = tmp_path / "plan.json"
    assert idsync("plan", "-c", fresh, "-o", kept).code == 0
    person = "giulia.romano@enzos-pizza.com"
    (change,) = [
        each
        for each in decode_plan(kept.read_bytes()).changes
        if (each.target, each.address) == ("remote", f"user/{person}")
    ]
    assert isinstance(change.after, User)
    by_hand = replace(change.after, spec=replace(change.after.spec, roles=("by-hand",)))
    remote.put_user(by_hand)
    whole = idsync("apply", kept, "-c", fresh)
    assert whole.code == 6
    assert "The target remote has moved" in whole.err
    assert names(idsync, fresh) == set()
    ended = idsync("apply", kept, "-c", fresh, "--split")
    assert ended.code == 8
    assert person in names(idsync, fresh)
    assert remote.users[person].spec.roles == ("by-hand",)
    assert remote.users.keys() == names(idsync, fresh)
