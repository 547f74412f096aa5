"""What is refused before anything is touched, and by which name it is released."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idsync.apply.admission import check_guards, check_health, check_inputs, check_ownership, releasing, unneeded
from idsync.config.guards import Guard, Guards
from idsync.errors import BlockedError, PlanMismatch, PlanTampered, SourceUnhealthy
from idsync.model.addresses import Address
from idsync.model.directory import Reason, Why
from idsync.model.findings import Finding, Health
from idsync.model.ownership import labelled_by
from idsync.model.resources import AccessList, Lock, User
from idsync.plan.changes import GuardResult, Plan
from idsync.plan.differ import changes_between
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.local import LocalTarget
from tests.apply.worlds import AFTER, BEFORE, EXPECTED, apply, fill, plan_between, state
from tests.targets.world import ORG, foreign_list, foreign_lock, foreign_user, our_user

replace = msgspec.structs.replace
PLAN = plan_between(BEFORE, AFTER)
BLOCKED = replace(PLAN, guards=(GuardResult("user_deletes", 7, 5, "blocked"), GuardResult("user_locks", 1, 5, "ok")))

STRICT = replace(EXPECTED, guards=Guards(user_deletes=Guard(Decimal(0), 0)))


def held_back(*codes: str, by: tuple[str, ...] | None = None, verdict: str = "suspect") -> Plan:
    """The plan, with one change held back because of these findings on its snapshot."""
    findings = tuple(Finding(code, "error", code) for code in codes)
    first = replace(PLAN.changes[0], blocked_by=codes if by is None else by)
    return replace(PLAN, health=Health(verdict, findings), changes=(first, *PLAN.changes[1:]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("org_url", "https://other.okta.com", "other.okta.com"),
        ("config_digest", "sha256:other", "configuration has changed"),
        ("tool_version", "1.0.0", "made by idsync 1.0.0"),
        ("sanitized", True, "pseudonyms"),
    ],
)
def test_r38_a_plan_of_something_else_is_refused(field: str, value: object, why: str) -> None:
    with pytest.raises(PlanMismatch) as caught:
        check_inputs(replace(PLAN, inputs=replace(PLAN.inputs, **{field: value})), EXPECTED)
    assert why in caught.value.why
    assert caught.value.fix


def test_a_plan_for_a_target_that_is_not_configured_is_refused() -> None:
    there = replace(PLAN, changes=(replace(PLAN.changes[0], target="teleport"), *PLAN.changes[1:]))
    with pytest.raises(PlanMismatch) as caught:
        check_inputs(there, EXPECTED)
    assert "teleport" in caught.value.why
    check_inputs(there, replace(EXPECTED, targets=("", "teleport")))


def test_a_plan_of_another_minor_version_is_accepted() -> None:
    check_inputs(replace(PLAN, inputs=replace(PLAN.inputs, tool_version="0.9.7")), EXPECTED)


def test_a_plan_that_takes_over_whom_the_configuration_does_not_is_refused() -> None:
    changes = changes_between(
        state(foreign_user("temp")), state(our_user("temp")), {Address("user/temp"): Why(Reason.ADOPTED)}, {}
    )
    ours = labelled_by(ORG)
    check_ownership(changes, ours, EXPECTED.adopt)
    with pytest.raises(PlanTampered, match="user/temp"):
        check_ownership(changes, ours, frozenset())


@pytest.mark.parametrize(
    "foreign", [foreign_user("a"), foreign_lock("a"), foreign_list("a")], ids=["user", "lock", "list"]
)
def test_a_plan_that_changes_or_makes_what_is_not_ours_is_refused(foreign: User | Lock | AccessList) -> None:
    for before, after in ((state(foreign), state()), (state(), state(foreign))):
        changes = changes_between(before, after, {}, {})
        with pytest.raises(PlanTampered, match="/a"):
            check_ownership(changes, labelled_by(ORG), frozenset({"a"}))


def test_a_healthy_unblocked_plan_passes() -> None:
    check_health(PLAN, {})
    check_guards(PLAN, {})


def test_a_suspect_snapshot_that_holds_nothing_back_passes_only_as_the_part_that_may_go_ahead() -> None:
    plan = held_back("source_shrink", by=())
    with pytest.raises(SourceUnhealthy, match="source_shrink"):
        check_health(plan, {})
    check_health(plan, {}, split=True)
    check_health(plan, {"source_shrink": "half the company left"})


def test_a_doubt_about_several_measures_is_named_once() -> None:
    with pytest.raises(SourceUnhealthy, match=r"suspect: groups_empty, source_shrink\.") as caught:
        check_health(held_back("groups_empty", "source_shrink", "source_shrink"), {})
    assert caught.value.codes == ("groups_empty", "source_shrink")


def test_each_finding_of_a_suspect_snapshot_must_be_released_by_its_name() -> None:
    plan = held_back("source_shrink", "groups_empty")
    with pytest.raises(SourceUnhealthy) as caught:
        check_health(plan, {"source_shrink": "half the company left"})
    assert caught.value.codes == ("groups_empty",)
    assert "--allow groups_empty=" in caught.value.fix
    check_health(plan, {"source_shrink": "half the company left", "groups_empty": "and all the groups"})


def test_nothing_releases_a_broken_snapshot() -> None:
    with pytest.raises(SourceUnhealthy, match="broken"):
        check_health(held_back("incomplete", verdict="broken"), {"incomplete": "never mind"})


def test_a_blocked_guard_is_named_with_its_count_and_limit_and_how_to_release_it() -> None:
    with pytest.raises(BlockedError) as caught:
        check_guards(BLOCKED, {"user_locks": "the wrong one"})
    assert caught.value.guards == ("user_deletes",)
    assert "counts 7, limit 5" in caught.value.why
    assert "--allow user_deletes=" in caught.value.fix
    check_guards(BLOCKED, {"user_deletes": "agreed"})


def test_a_change_held_back_by_anything_else_is_never_made_silently() -> None:
    plan = held_back(by=("policy/two-owners",), verdict="ok")
    with pytest.raises(BlockedError, match="policy/two-owners"):
        check_guards(plan, {})
    check_guards(plan, {"policy/two-owners": "agreed"})


def test_overrides_that_release_nothing_are_told() -> None:
    allowed = {"user_deletes": "agreed", "user_locks": "why not", "source_older": "why not"}
    counted = releasing(BLOCKED, None, (), allowed)
    assert counted == {"user_deletes": "agreed"}
    assert [note.split()[0] for note in unneeded(allowed, counted)] == ["user_locks", "source_older"]


names = st.sampled_from(["user_deletes", "user_locks", "source_shrink", "source_empty"])


@given(st.sets(names), st.dictionaries(names, st.just("agreed")), st.dictionaries(names, st.just("more")))
def test_what_some_overrides_release_more_overrides_release_too(
    blocked: set[str], some: Mapping[str, str], more: Mapping[str, str]
) -> None:
    guards = tuple(GuardResult(name, 9, 5, "blocked") for name in sorted(blocked) if name.startswith("user"))
    plan = replace(held_back(*sorted(blocked & {"source_shrink", "source_empty"})), guards=guards)
    if passes(plan, some):
        assert passes(plan, {**some, **more})
    assert passes(plan, some) == (blocked <= some.keys())


def passes(plan: Plan, releases: Mapping[str, str]) -> bool:
    try:
        check_health(plan, releases)
        check_guards(plan, releases)
    except (BlockedError, SourceUnhealthy):
        return False
    return True


def test_a_refused_plan_touches_nothing(local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)
    serial = local.serial()
    for plan in (PLAN, held_back("source_empty")):
        with pytest.raises((BlockedError, SourceUnhealthy)):
            apply(plan, local, store, expected=STRICT)
    assert local.serial() == serial
    assert list(store.journal.entries()) == []


def test_a_released_plan_is_applied(local: LocalTarget, store: SqliteStore) -> None:
    fill(local, BEFORE)
    applied = apply(PLAN, local, store, expected=STRICT, releases={"user_deletes": "agreed"})
    assert (applied.run, applied.notes) == (1, ())
