"""What is remembered of people beyond what the directory holds: locks that hands lifted, accounts that hands took,
memberships that ended, and owners who left.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Request
from idsync.errors import ResourceError
from idsync.model.addresses import access_list_address, lock_address, member_address, user_address
from idsync.model.agreed_past import AgreedPast
from idsync.model.resources import AccessList, Owner
from idsync.plan.changes import Plan
from idsync.plan.sections import FIRST
from idsync.stores.tables.agreed_past import PastTable
from tests.core.world import ORG, config, group, lines, okta, person, replace
from tests.reconcile.lives import HOLDER, Life

ZOE, JO = person("zoe"), person("jo")
ENG = group("eng", "zoe", "jo")
BOTH, GONE = okta(ZOE, JO, ENG), okta(ZOE, ENG)
SUSPENDED = okta(ZOE, replace(JO, status="SUSPENDED"), ENG)
OTHER = okta(ZOE, person("jo", id="00u-other"), group("eng", "zoe", "jo", "other"))


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path)
    life.apply(BOTH)
    yield life
    life.store.close()


def codes(plan: Plan) -> list[str]:
    """The codes of a plan's findings, but for the default owner who is nobody."""
    return [finding.code for finding in plan.findings if finding.code != "matches_nothing"]


class TestLiftedLocks:
    def test_r08_a_suspended_person_is_not_locked_again_for_the_same_suspension(self, life: Life) -> None:
        life.apply(SUSPENDED)
        life.unlock("jo")
        for _ in range(2):
            plan = life.apply(SUSPENDED)
            assert (plan.is_empty, codes(plan)) == (True, ["lock_lifted"])
            life.wait(50)
        assert life.locks("jo") == {}

    def test_r08_the_next_suspension_locks_again(self, life: Life) -> None:
        life.apply(SUSPENDED)
        life.unlock("jo")
        life.apply(SUSPENDED)
        assert life.apply(BOTH).is_empty
        assert lines(life.apply(SUSPENDED)) == ["create lock jo: suspended"]

    def test_r08_who_leaves_after_a_suspension_is_locked_for_leaving(self, life: Life) -> None:
        life.apply(SUSPENDED)
        life.unlock("jo")
        assert "create lock jo: unassigned" in lines(life.apply(GONE))
        assert life.plan(GONE).is_empty

    def test_r08_a_departure_that_is_held_back_does_not_lock_again_and_then_takes_the_account(self, life: Life) -> None:
        life.apply(GONE, "user_deletes")
        assert life.locks("jo")["00u-jo"].spec.expires is None
        life.unlock("jo")
        held = life.plan(GONE)
        assert ("lock" not in " ".join(lines(held)), codes(held)) == (True, ["lock_lifted"])
        life.apply(GONE)
        assert "jo" not in life.state.users
        assert life.locks("jo") == {}

    def test_r08_who_returned_and_leaves_again_is_locked_for_that(self, life: Life) -> None:
        life.apply(GONE, "user_deletes")
        life.unlock("jo")
        life.apply(BOTH)
        assert "create lock jo: unassigned" in lines(life.apply(GONE))

    def test_r08_a_suspension_after_a_departure_that_was_held_is_another_event(self, life: Life) -> None:
        life.apply(GONE, "user_deletes")
        life.unlock("jo")
        assert lines(life.apply(SUSPENDED)) == ["create lock jo: suspended"]

    def test_r08_a_lock_that_is_removed_like_any_object_counts_as_lifted(self, life: Life) -> None:
        life.apply(SUSPENDED)
        life.hand.remove(lock_address(life.locks("jo")["00u-jo"].metadata.name))
        assert life.plan(SUSPENDED).is_empty

    @pytest.mark.parametrize("hand_takes_first", [True, False])
    def test_r08_nor_is_a_suspended_person_whose_account_a_hand_took(
        self, life: Life, *, hand_takes_first: bool
    ) -> None:
        life.apply(SUSPENDED)
        if hand_takes_first:
            life.hand.remove(user_address("jo"))
        life.unlock("jo")
        if not hand_takes_first:
            life.hand.remove(user_address("jo"))
        plan = life.apply(SUSPENDED)
        assert (lines(plan), codes(plan)) == (["create user jo: drift"], ["lock_lifted"])
        assert "create lock jo: unassigned" in lines(life.apply(GONE))

    def test_r08_a_lock_for_a_former_holder_says_nothing_of_their_own_suspension(self, life: Life) -> None:
        life.apply(GONE)
        life.unlock("jo")
        assert "create lock jo: suspended" in lines(life.apply(SUSPENDED))

    def test_r09_our_lock_goes_with_the_return_and_one_that_a_person_made_stays(self, life: Life) -> None:
        life.apply(SUSPENDED)
        life.lock("jo")
        life.apply(BOTH)
        assert life.locks("jo").keys() == {"by hand"}

    def test_unlocking_needs_a_lock_and_lifts_all_of_them(self, life: Life) -> None:
        with pytest.raises(ResourceError, match="'jo' has no lock"):
            life.unlock("jo")
        life.apply(SUSPENDED)
        life.lock("jo", 3600)
        assert life.locks("jo").keys() == {"00u-jo", "by hand"}
        life.unlock("jo")
        assert life.locks("jo") == {}


class TestAccountsThatAHandTook:
    def test_r10_who_leaves_after_a_hand_took_the_account_is_locked_once(self, life: Life) -> None:
        life.hand.remove(user_address("jo"))
        life.wait(2)
        plan = life.apply(GONE)
        assert lines(plan) == ["create lock jo: unassigned", "update access_list eng: membership_changed -jo"]
        assert next(result.count for result in plan.guards if result.guard == "member_removals") == 0
        assert life.plan(GONE).is_empty
        life.wait(32)
        assert life.plan(GONE).is_empty
        life.apply(GONE)
        assert life.locks("jo") == {}

    def test_r10_not_when_no_credentials_can_be_alive_any_more(self, life: Life) -> None:
        life.hand.remove(user_address("jo"))
        life.wait(31)
        assert "lock" not in " ".join(lines(life.plan(GONE)))

    def test_r10_not_when_the_account_came_back_in_between(self, life: Life) -> None:
        life.hand.remove(user_address("jo"))
        assert "create user jo: drift" in lines(life.apply(BOTH))
        assert "delete user jo: unassigned" in lines(life.apply(GONE))

    def test_r10_a_lock_that_a_hand_lifted_then_is_not_made_again(self, life: Life) -> None:
        life.hand.remove(user_address("jo"))
        life.apply(GONE)
        life.unlock("jo")
        assert life.plan(GONE).is_empty

    def test_r10_with_ttl_never_the_lock_has_no_end(self, tmp_path: Path) -> None:
        life = Life(tmp_path, config(spec="locks: {ttl: never}"))
        life.apply(BOTH)
        life.hand.remove(user_address("jo"))
        life.wait(1000)
        life.apply(GONE)
        assert life.locks("jo")["00u-jo"].spec.expires is None
        assert life.plan(GONE).is_empty

    def test_r10_who_was_renamed_meanwhile_is_locked_under_the_name_that_a_hand_took(self, life: Life) -> None:
        life.hand.remove(user_address("jo"))
        life.apply(okta(ZOE, person("joanna", id="00u-jo"), ENG))
        assert life.locks("jo").keys() == {"00u-jo"}

    def test_r11_a_name_that_a_hand_freed_is_locked_for_the_first_one_when_another_gets_it(self, life: Life) -> None:
        life.set_end("00g-eng", "jo", life.now + dt.timedelta(days=9))
        life.hand.remove(user_address("jo"))
        plan = life.apply(OTHER)
        assert codes(plan) == ["login_reused"]
        assert life.locks("jo").keys() == {"00u-jo"}
        assert life.state.members["00g-eng"]["jo"].expires is None
        assert life.plan(OTHER).is_empty


class TestEndedMemberships:
    PAST = dt.timedelta(hours=-1)

    def end(self, life: Life) -> None:
        life.set_end("00g-eng", "jo", life.now + self.PAST)

    def is_in(self, life: Life) -> bool:
        return "jo" in life.state.members.get("00g-eng", {})

    def test_r18_removed_by_hand(self, life: Life) -> None:
        self.end(life)
        life.hand.remove(member_address("00g-eng", "jo"))
        for _ in range(2):
            assert life.apply(BOTH).is_empty
        assert not self.is_in(life)

    def test_r18_gone_upstream_for_one_pass(self, life: Life) -> None:
        self.end(life)
        life.apply(okta(ZOE, JO, group("eng", "zoe")))
        assert life.apply(BOTH).is_empty

    def test_r18_the_person_gone_and_back_under_the_same_id_and_even_another_name(self, life: Life) -> None:
        self.end(life)
        life.apply(GONE)
        life.apply(BOTH)
        assert not self.is_in(life)
        life.apply(GONE)
        life.apply(okta(ZOE, person("joanna", id="00u-jo"), ENG))
        assert life.state.members["00g-eng"].keys() == {"zoe"}

    def test_r18_until_a_person_sets_another_end(self, life: Life) -> None:
        self.end(life)
        life.apply(okta(ZOE, JO, group("eng", "zoe")))
        life.set_end("00g-eng", "jo", life.now + dt.timedelta(days=9))
        assert life.apply(BOTH).is_empty
        assert self.is_in(life)
        life.apply(okta(ZOE, JO, group("eng", "zoe")))
        life.apply(BOTH)
        assert self.is_in(life)

    def test_r18_an_end_that_passed_while_the_membership_was_gone_counts(self, life: Life) -> None:
        life.set_end("00g-eng", "jo", life.now + dt.timedelta(hours=3))
        life.apply(GONE)
        life.wait(4)
        life.apply(BOTH)
        assert not self.is_in(life)

    @pytest.mark.parametrize("hand", [True, False], ids=["by hand", "upstream"])
    def test_r18_a_list_that_was_deleted_and_made_again_starts_afresh(self, life: Life, *, hand: bool) -> None:
        self.end(life)
        life.hand.remove(member_address("00g-eng", "jo"))
        if hand:
            life.hand.remove(access_list_address("00g-eng"))
        else:
            life.apply(okta(ZOE, JO, group("ops", "zoe")))
        life.apply(BOTH)
        assert self.is_in(life)

    def test_r18_another_id_under_the_name_does_not_inherit_it_and_the_first_one_keeps_it(self, life: Life) -> None:
        self.end(life)
        life.apply(OTHER)
        assert life.state.members["00g-eng"]["jo"].expires is None
        life.apply(GONE)
        life.apply(BOTH)
        assert not self.is_in(life)


class TestOwners:
    def owned(self, life: Life) -> list[str]:
        return [owner.name for owner in life.state.access_lists["00g-eng"].spec.owners]

    def own(self, life: Life, *names: str) -> None:
        item = life.hand.find(access_list_address("00g-eng"))
        assert isinstance(item, AccessList)
        spec = replace(item.spec, owners=tuple(map(Owner, names)))
        life.hand.replace(replace(item, spec=spec))

    def test_r11_a_newcomer_owns_nothing_of_who_left_long_ago(self, life: Life) -> None:
        self.own(life, "zoe", "jo")
        life.apply(GONE)
        life.wait(2000)
        life.apply(GONE)
        assert self.owned(life) == ["zoe", "jo"]
        plan = life.apply(OTHER)
        assert codes(plan) == ["owner_not_inherited"]
        assert self.owned(life) == ["zoe"]

    def test_r15_who_comes_back_owns_what_they_owned(self, life: Life) -> None:
        self.own(life, "zoe", "jo")
        life.apply(GONE)
        life.wait(2000)
        life.apply(BOTH)
        assert self.owned(life) == ["zoe", "jo"]

    def test_who_is_made_an_owner_before_the_first_day_is_one(self, life: Life) -> None:
        self.own(life, "zoe", "newcomer")
        life.apply(okta(ZOE, JO, person("newcomer"), ENG))
        assert self.owned(life) == ["zoe", "newcomer"]


def test_an_apply_reads_no_more_of_the_past_than_is_about_those_whom_it_touches(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.apply(SUSPENDED)
    life.unlock("jo")
    asked: list[tuple[set[str] | None, set[str]]] = []
    find = PastTable.find

    def watched(table: PastTable, people: Collection[str] | None, names: Collection[str]) -> AgreedPast:
        asked.append((None if people is None else {*people}, {*names}))
        return find(table, people, names)

    joiner = okta(ZOE, replace(JO, status="SUSPENDED"), person("kim"), group("eng", "zoe", "jo", "kim"))
    plan = life.plan(joiner)
    request = Request("ann", life.now, HOLDER, Expected(life.settings.digest, ORG, "0.1.0"))
    monkeypatch.setattr(PastTable, "find", watched)
    apply_plan(plan, request, targets={FIRST: life.target}, records=life.store)
    assert asked == [(set(), set()), ({"00u-kim"}, {"kim"})]
