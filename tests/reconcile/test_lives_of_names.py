"""Random weeks in which few names pass between few people, with hands in between: a lock is lifted for nobody but the
person whom it is for, nobody inherits anything, and the same reading twice changes nothing.
"""

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from idsync.model.addresses import member_address, user_address
from idsync.model.identity import Snapshot
from idsync.model.ownership import ORIGIN_LABEL, USER_ID_LABEL
from idsync.model.resources import Lock
from idsync.model.times import parse_time
from idsync.plan.changes import LockChange, Plan
from tests.core.world import group, okta, person
from tests.effort import examples
from tests.reconcile.lives import Life

pytestmark = pytest.mark.long


IDS = st.sampled_from(["00u-1", "00u-2", "00u-3", "00u-4"])
NAMES = ("ann", "bob", "cid")
LIFETIME = dt.timedelta(hours=31)
MOST_PLANS = 5
"""So many plans one reading may take: a login that passes along a chain settles in several."""


class Names(RuleBasedStateMachine):
    """One directory, and what this test knows of the people: who they are in Okta, and what hands did to them."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.life = Life(Path(self.folder.name))
        self.people: dict[str, tuple[str, str]] = {}
        self.ended: set[str] = set()
        self.life.apply(self.reading())

    def teardown(self) -> None:
        if hasattr(self, "life"):
            self.life.store.close()
            self.folder.cleanup()

    def reading(self) -> Snapshot:
        """Okta now: everybody is in the one group."""
        present = [person(name, status, id=okta_id) for okta_id, (name, status) in sorted(self.people.items())]
        everybody = ["zoe", *(okta_id.removeprefix("00u-") for okta_id in self.people)]
        return okta(person("zoe"), *present, group("eng", *everybody))

    @rule(okta_id=IDS, name=st.sampled_from(NAMES), status=st.sampled_from(["ACTIVE", "ACTIVE", "SUSPENDED"]))
    def somebody_joins_or_changes(self, okta_id: str, name: str, status: str) -> None:
        if name not in {used for other, (used, _) in self.people.items() if other != okta_id}:
            self.people[okta_id] = name, status
            self.settle()

    @rule(okta_id=IDS)
    def somebody_leaves(self, okta_id: str) -> None:
        if self.people.pop(okta_id, None):
            self.settle()

    @rule(leaver=IDS, heir=IDS)
    def a_login_is_given_on_at_once(self, leaver: str, heir: str) -> None:
        if leaver in self.people and heir != leaver:
            name, _ = self.people.pop(leaver)
            self.people[heir] = name, "ACTIVE"
            self.settle()

    @rule(name=st.sampled_from(NAMES))
    def a_hand_lifts_locks(self, name: str) -> None:
        if self.life.locks(name):
            self.life.unlock(name)
            plan = self.settle()
            assert not any(isinstance(change, LockChange) and _locks(change, name) for change in plan.changes)

    @rule(name=st.sampled_from(NAMES))
    def a_hand_locks(self, name: str) -> None:
        self.life.lock(name)

    @rule(name=st.sampled_from(NAMES))
    def a_hand_takes_an_account(self, name: str) -> None:
        if name in self.life.state.users:
            self.life.hand.remove(user_address(name))

    @rule(name=st.sampled_from(NAMES), remove=st.booleans())
    def a_membership_ends(self, name: str, *, remove: bool) -> None:
        user = self.life.state.users.get(name)
        if user is not None and name in self.life.state.members["00g-eng"]:
            self.life.set_end("00g-eng", name, self.life.now - dt.timedelta(hours=1))
            self.ended.add(user.metadata.labels[USER_ID_LABEL])
            if remove:
                self.life.hand.remove(member_address("00g-eng", name))

    @rule(hours=st.sampled_from([1, 20, 40]))
    def time_passes(self, hours: int) -> None:
        self.life.wait(hours)
        self.life.apply(self.reading())

    def settle(self) -> Plan:
        """Apply the reading until nothing is left to do; nobody else's lock goes by it. The first plan."""
        before = self.our_locks()
        reading = self.reading()
        first = self.life.plan(reading)
        for _ in range(MOST_PLANS):
            users = {name: user.metadata.labels[USER_ID_LABEL] for name, user in self.life.state.users.items()}
            plan = self.life.apply(reading)
            self.everybody_who_lost_a_name_is_locked(users)
            if plan.is_empty:
                break
        assert self.life.plan(reading).is_empty
        after = self.our_locks()
        for (name, okta_id), lock in before.items():
            back = self.people.get(okta_id) == (name, "ACTIVE")
            assert back or _ends((name, okta_id), after) >= min(_end(lock), self.life.now + LIFETIME)
        return first

    def our_locks(self) -> dict[tuple[str, str], Lock]:
        """Locks of ours in force, by the name and the person."""
        found = [(name, okta_id, lock) for name in NAMES for okta_id, lock in self.life.locks(name).items()]
        return {(name, okta_id): lock for name, okta_id, lock in found if ORIGIN_LABEL in lock.metadata.labels}

    def everybody_who_lost_a_name_is_locked(self, users: dict[str, str]) -> None:
        """Who had a name before an apply and has it no more is kept out of it, unless a hand has lifted that lock."""
        now = {name: user.metadata.labels[USER_ID_LABEL] for name, user in self.life.state.users.items()}
        lifted = self.life.store.agreed("local").past().lifted_locks
        for name, okta_id in users.items():
            if now.get(name) != okta_id and okta_id not in lifted:
                assert okta_id in self.life.locks(name)

    @precondition(lambda self: hasattr(self, "life"))
    @invariant()
    def everybody_has_their_own(self) -> None:
        if self.life.state.users.keys() != {"zoe", *(name for name, _ in self.people.values())}:
            return  # a hand took an account, and no reading came since
        members = self.life.state.members["00g-eng"]
        for okta_id, (name, status) in self.people.items():
            user = self.life.state.users[name]
            assert user.metadata.labels[USER_ID_LABEL] == okta_id
            if name in members and members[name].expires:
                assert okta_id in self.ended
            assert name in members or okta_id in self.ended
            if status == "ACTIVE":
                assert okta_id not in self.life.locks(name)


def _locks(change: LockChange, name: str) -> bool:
    return change.after is not None and change.after.spec.target.user == name


def _end(lock: Lock) -> dt.datetime:
    return dt.datetime.max.replace(tzinfo=dt.UTC) if lock.spec.expires is None else parse_time(lock.spec.expires)


def _ends(key: tuple[str, str], locks: dict[tuple[str, str], Lock]) -> dt.datetime:
    return _end(locks[key]) if key in locks else dt.datetime.min.replace(tzinfo=dt.UTC)


TestNames = Names.TestCase
TestNames.settings = settings(
    max_examples=examples(50),
    stateful_step_count=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a life takes a store, and its shrinking minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
