"""What a guard keeps back since an earlier pass waits within its limit too; a plan releases it as an apply does."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import keep
from idsync.apply.kept_entries import holders_in, kept_of
from idsync.bootstrap.workspace import Workspace
from idsync.config.loader import load
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange
from idsync.plan.planfile import decode_plan
from idsync.stores.protocol import Access
from tests.cli.running import Ended, Idsync

STAYS = "mateo.alvarez@enzos-pizza.com"
"""Who is taken out of a list and stays."""
ABOUT: dict[str, Callable[[Change], bool]] = {
    "user_deletes": lambda each: isinstance(each, UserChange) and each.action == "delete",
    "member_removals": lambda each: isinstance(each, AccessListChange) and STAYS in each.members_removed,
    "lock_burst": lambda each: isinstance(each, LockChange),
}
GUARDS = pytest.mark.parametrize("guard", ABOUT)


def planned(idsync: Idsync, org: Path, *more: str | Path) -> Ended:
    return idsync("plan", "-c", org, "--snapshot", org / "snapshot-next.json", *more)


def applied(idsync: Idsync, org: Path, *more: str | Path) -> Ended:
    return idsync("apply", "-c", org, "--snapshot", org / "snapshot-next.json", "--auto-approve", *more)


def keep_back(idsync: Idsync, org: Path, guard: str, at_most: int | None = None) -> int:
    """Let the store say that a guard keeps back what the next plan does of its kind; how much that is."""
    file = org.parent / "before.plan"
    assert planned(idsync, org, "-o", file).code == 0
    plan = decode_plan(file.read_bytes())
    waits = [each for each in plan.changes if ABOUT[guard](each)][:at_most]
    held = replace(
        plan, changes=tuple(replace(each, blocked_by=(guard,) if each in waits else ()) for each in plan.changes)
    )
    settings = load(org).settings
    assert settings is not None
    place = Workspace(settings, org)
    with place.store(Access.WRITE) as store:
        target = place.target(store)
        kept = kept_of(held, holders_in(target, plan.inputs.org_url))
        dated = {
            address: tuple(replace(one, since="2026-11-08T08:00:00Z") for one in each) for address, each in kept.items()
        }
        store.facts.put(keep(dated, target.name))
    return sum(map(len, kept.values()))


@GUARDS
def test_r34_a_plan_and_an_apply_release_the_same_of_what_is_kept_back(
    idsync: Idsync, org: Path, tmp_path: Path, guard: str
) -> None:
    assert keep_back(idsync, org, guard)
    by_file, kept = Path(shutil.copytree(org, tmp_path / "by-file")), tmp_path / "a.plan"
    assert applied(idsync, org).code == 5
    assert planned(idsync, by_file, "-o", kept).code == 0
    assert idsync("apply", "-c", by_file, kept).code == 5
    ended = planned(idsync, by_file, "-o", kept, "--allow", f"{guard}=they left")
    assert "its release is ignored" not in ended.err
    assert f"{guard} (" in ended.out
    assert "released: they left" in ended.out
    assert "apply refuses this plan" not in ended.out
    assert applied(idsync, org, "--allow", f"{guard}=they left").code == 0
    ended = idsync("apply", "-c", by_file, kept)
    assert (ended.code, f"{guard} is released by the plan file: they left" in ended.err) == (0, True)
    assert f"{guard}: they left (from the plan file)" in idsync("history", "-c", by_file).out
    one, other = (idsync("get", "all", "-c", each, "--format", "json").out for each in (org, by_file))
    assert [each["metadata"]["name"] for each in json.loads(one)] == [
        each["metadata"]["name"] for each in json.loads(other)
    ]


@GUARDS
def test_r43_a_plan_says_of_the_guard_that_holds_how_much_it_keeps_back(idsync: Idsync, org: Path, guard: str) -> None:
    number = keep_back(idsync, org, guard)
    text = planned(idsync, org).out
    assert f"! Kept back by {guard} ({number} kept back earlier, limit " in text
    assert (
        f"apply refuses this plan (exit 5).\n    If this is meant: idsync apply -c {org} --allow {guard}=REASON\n"
        in text
    )
    (within,) = [line for line in text.splitlines() if "within limits" in line]
    assert guard not in within
    assert f"{guard} keeps back {number} change" in applied(idsync, org).err


@pytest.mark.parametrize("guard", ["user_deletes", "lock_burst"])
def test_r34_a_release_in_a_file_covers_no_more_than_was_kept_back_then(
    idsync: Idsync, org: Path, tmp_path: Path, guard: str
) -> None:
    some = keep_back(idsync, org, guard, at_most=1)
    kept = tmp_path / "a.plan"
    planned(idsync, org, "-o", kept, "--allow", f"{guard}=one of them")
    plan = json.loads(kept.read_bytes())
    assert [each["kept"] for each in plan["guards"] if each["guard"] == guard] == [some]
    assert keep_back(idsync, org, guard) > some
    assert idsync("apply", "-c", org, kept).code == 5
    assert idsync("apply", "-c", org, kept, "--allow", f"{guard}=all of them").code == 0


@pytest.mark.parametrize(
    ("form", "says"), [("junit", '<failure type="user_deletes"'), ("sarif", '"ruleId": "user_deletes"')]
)
def test_r43_reports_say_that_the_guard_holds(idsync: Idsync, org: Path, form: str, says: str) -> None:
    number = keep_back(idsync, org, "user_deletes")
    told = planned(idsync, org, "--format", form).out
    assert says in told
    assert f"Held until a person releases it: {number} kept back earlier, limit 5." in told
    told = planned(idsync, org, "--format", form, "--allow", "user_deletes=they left").out
    assert f"{number} kept back earlier, limit 5, released: they left" in told
    assert "kept_back" not in told
