"""What people read of a burst that waits, of somebody who left by a push, and of a wish that a push met."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from idsync.apply.kept_back import held_by_guard, kept_back
from idsync.apply.kept_entries import KeptBack
from idsync.bootstrap.workspace import Workspace
from idsync.config.settings import Settings
from idsync.errors import UnknownPerson
from idsync.model.addresses import Address
from idsync.model.journal import RunStarted
from idsync.reconcile.continuous.wishes import Wish, waiting_wish, wish_for_pass
from idsync.reconcile.explaining import explain
from idsync.reconcile.waiting import kept_back_findings, waiting_by_guard
from idsync.render.explanation import render_text
from idsync.sources.pushed import PushedSource
from idsync.stores.sqlite.store import open_store
from tests.okta_scim_client.people import Assigned
from tests.reconcile.one_thread import OneThread
from tests.server.conftest import HOLDER, PUSHED, Served, served
from tests.server.page_world import SECRETS, page_settings, sign_in
from tests.server.test_bursts import FREE, HOUR, guarded, people, whole_pass
from tests.server.test_passes_and_pushes import meanwhile


def full_pass(service: Served, settings: Settings) -> bool:
    """A full pass of the service over what was pushed."""
    place = Workspace(settings, service.path.parent)
    place.now = lambda: service.clock[0]  # type: ignore[method-assign]
    with service.store() as store:
        source = PushedSource(store.upstream.whole)
        return OneThread(store, place.in_force, lambda _, progress: source, HOLDER).full()


def told(service: Served) -> list[str]:
    """What a plan says of what is kept back."""
    with open_store(service.path) as store:
        findings = kept_back_findings(store.facts, Workspace(PUSHED, service.path.parent).target(store))
    assert {(each.code, each.severity) for each in findings} <= {("kept_back", "warning")}
    return [each.message for each in findings]


def test_r43_a_plan_says_what_is_kept_back_since_when_and_how_it_is_released(tmp_path: Path) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 1}")
    with served(tmp_path / "a.db", settings) as service:
        assert told(service) == []
        leavers = people(service.engine(), 9)[:8]
        okta = service.engine()
        for each in leavers:
            okta.deactivate(each)
        service.clock[0] += HOUR
        whole_pass(service, settings)
        (message,) = told(service)
        assert message.startswith(
            "7 changes are kept back by user_deletes since 2026-11-22T12:00:00Z: delete the user p01@x.com"
        )
        assert "and 2 more" in message
        assert "idsync apply --allow user_deletes=REASON" in message
        with open_store(service.path) as store:
            (named,) = kept_back_findings(
                store.facts, Workspace(PUSHED, service.path.parent).target(store), ("-c", "my access")
            )
        assert "idsync apply -c 'my access' --allow user_deletes=REASON" in named.message
        whole_pass(service, settings, user_deletes="they left")
        whole_pass(service, settings)
        assert told(service) == []


def test_r43_locks_and_memberships_are_told_by_their_people(tmp_path: Path) -> None:
    limits = dict.fromkeys(("lock_burst", "member_removals"), "{percent: 0, floor: 0}")
    settings = guarded(**limits, user_deletes=FREE, user_locks=FREE, access_losses=FREE)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, bob, _ = everybody = people(okta, 3)
        group = okta.push_group("eng", everybody)
        okta.change_members(group, left=(ann,))
        okta.deactivate(bob)
        locks, members = told(service)
        assert "by lock_burst" in locks
        assert "lock p01@x.com, delete the user p01@x.com, take p01@x.com out of the list eng" in locks
        assert members.startswith("1 change is kept back by member_removals since ")
        assert "Passes that nobody attends do not make it, however" in members
        assert f"take p00@x.com out of the list eng ({group.scim_id})" in members


def explained_of(service: Served, settings: Settings, name: str) -> str:
    """What `explain` says of somebody."""
    with open_store(service.path) as store:
        facts = store.upstream.whole()
        assert facts is not None
        target = Workspace(settings, service.path.parent).target(store)
        kept = kept_back(store.facts, target.name)
        found = explain(settings, facts, target, name, None, service.clock[0], pushed=store.pushed, kept=kept)
    return render_text(found, options=("-c", "my access"))


def test_r43_explain_says_what_is_held_of_a_leaver(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", guarded(user_deletes="{percent: 0, floor: 0}")) as service:
        okta = service.engine()
        ann, *_ = everybody = people(okta, 3)
        okta.push_group("eng", everybody)
        okta.deactivate(ann)
        text = explained_of(service, guarded(user_deletes="{percent: 0, floor: 0}"), "p00@x.com")
        assert "locked now.\nThe deletion is held back by user_deletes since 2026-11-22T12:00:00Z.\n" in text
        assert "- list eng (" in text
        assert text.count("[goes later: held back by user_deletes since 2026-11-22T12:00:00Z]") == 2
        assert "next apply" not in text
        assert text.endswith("holds: idsync apply -c 'my access' --allow user_deletes=REASON\n")
        other = explained_of(service, guarded(user_deletes="{percent: 0, floor: 0}"), "p01@x.com")
        assert "held back" not in other


def test_r43_explain_says_what_is_held_of_a_membership_and_of_a_lock(tmp_path: Path) -> None:
    limits = dict.fromkeys(("lock_burst", "member_removals"), "{percent: 0, floor: 0}")
    settings = guarded(**limits, user_deletes=FREE, user_locks=FREE, access_losses=FREE)
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, bob, _ = everybody = people(okta, 3)
        group = okta.push_group("eng", everybody)
        okta.push_group("ops", everybody)
        okta.change_members(group, left=(ann,))
        okta.deactivate(bob)
        text = explained_of(service, settings, "p00@x.com")
        assert text.count("[goes later: held back by member_removals since 2026-11-22T12:00:00Z]") == 1
        assert "To release all that member_removals holds: idsync apply" in text
        text = explained_of(service, settings, "p01@x.com")
        assert "The lock is held back by lock_burst since 2026-11-22T12:00:00Z.\n" in text
        assert text.count("[goes later: held back by lock_burst since") == 3
        assert "--allow lock_burst=REASON\n" in text
        assert "held back" not in explained_of(service, settings, "p02@x.com")


@pytest.mark.parametrize("ask", [lambda one: one.username.upper(), lambda one: one.okta_id])
def test_r42_explain_says_that_somebody_left_by_a_push(tmp_path: Path, ask: Callable[[Assigned], str]) -> None:
    with served(tmp_path / "a.db", PUSHED) as service:
        okta = service.engine()
        ann, bob = people(okta, 2)
        service.clock[0] += dt.timedelta(minutes=7)
        okta.deactivate(ann)
        with open_store(service.path) as store:
            facts = store.upstream.whole()
            assert facts is not None
            target = Workspace(PUSHED, tmp_path).target(store)

            def explained(name: str) -> list[str]:
                found = explain(PUSHED, facts, target, name, None, service.clock[0], pushed=store.pushed)
                return [edge.what for edge in found.missing]

            asked = explain(PUSHED, facts, target, ask(ann), None, service.clock[0], pushed=store.pushed)
            assert "(pushed as inactive) does not have the app" in render_text(asked)
            (what,) = explained(ask(ann))
            assert "p00@x.com has left: a push of 2026-11-22T12:07:00Z" in what
            assert explained(bob.username) == []
            with pytest.raises(UnknownPerson) as refused:
                explained("nobody@x.com")
            assert refused.value.why.startswith("Okta has pushed nobody of that name")


def test_under_push_only_explain_says_that_no_push_tells_of_somebody(tmp_path: Path) -> None:
    with served(tmp_path / "a.db", page_settings(), secrets=SECRETS) as service:
        okta = service.engine()
        ann, bob = people(okta, 2)
        okta.deactivate(ann)
        with open_store(service.path) as store:
            facts = store.upstream.whole()
            assert facts is not None
            target = Workspace(PUSHED, tmp_path).target(store)
            gone = replace(facts, users=[each for each in facts.users if each.id != bob.okta_id])
            found = explain(PUSHED, gone, target, bob.username, None, service.clock[0], pushed=store.pushed)
        assert render_text(found).startswith("p01@x.com (no push tells of them) is leaving")
        sign_in(service)
        assert "pushed as inactive; is leaving: locked, then deleted" in service.http.get("/people?name=p00@x.com").text


def test_r43_a_wish_is_not_spent_where_a_push_came_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = guarded(user_deletes="{percent: 0, floor: 0}")
    with served(tmp_path / "a.db", settings) as service:
        okta = service.engine()
        ann, _ = people(okta, 2)
        okta.deactivate(ann)
        service.clock[0] += HOUR
        with open_store(service.path) as store:
            held = held_by_guard(kept_back(store.facts, "local"))["user_deletes"]
            wish_for_pass(store.facts, Wish("alice", {"user_deletes": "they left"}, {"user_deletes": tuple(held)}))
        again = {"active": False, "title": "x"}
        done = meanwhile(monkeypatch, lambda: okta.client.replace("Users", str(ann.scim_id), again))
        assert full_pass(service, settings)
        assert done
        assert len(service.directory().users) == 2, "what was pushed meanwhile waits for the next pass"
        with open_store(service.path) as store:
            left = waiting_wish(store.facts)
        assert left is not None
        assert (left.by, left.releases) == ("alice", {"user_deletes": "they left"})
        assert full_pass(service, settings)
        assert service.directory().users.keys() == {"p01@x.com"}
        with open_store(service.path) as store:
            assert waiting_wish(store.facts) is None


@pytest.mark.parametrize(("floor", "journaled"), [(0, True), (1, False)])
def test_r35_the_history_says_that_locks_went_ahead_where_their_limit_was_reached(
    tmp_path: Path, floor: int, journaled: bool
) -> None:
    with served(tmp_path / "a.db", guarded(user_locks=f"{{percent: 0, floor: {floor}}}", user_deletes=FREE)) as service:
        okta = service.engine()
        ann, _ = people(okta, 2)
        okta.deactivate(ann)
        with open_store(service.path) as store:
            runs: list[Any] = [each.entry for each in store.journal.entries() if isinstance(each.entry, RunStarted)]
        assert any("user_locks" in run.releases for run in runs) is journaled


def test_r43_who_is_not_locked_yet_is_told_before_what_else_a_guard_holds(tmp_path: Path) -> None:
    kept = {
        Address("access_list/00g"): (KeptBack("delete", ("user_locks",), access_list="00g"),),
        Address("lock/1"): (KeptBack("create", ("user_locks",), user="zoe@x.com"),),
        Address("user/ann@x.com"): (KeptBack("delete", ("user_locks",), user="ann@x.com"),),
    }
    with open_store(tmp_path / "a.db") as store:
        waiting = waiting_by_guard(kept, Workspace(PUSHED, tmp_path).target(store))["user_locks"]
    assert [str(each) for each in waiting] == ["lock zoe@x.com", "delete the list 00g", "delete the user ann@x.com"]
