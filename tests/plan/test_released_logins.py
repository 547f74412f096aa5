"""A release of `login_reused` lifts what keeps a former holder out of a name, and nothing that a plan only claims."""

from idsync.model.directory import UpstreamCause
from idsync.model.findings import LOGIN_REUSED, Finding
from idsync.model.ownership import labelled_by, lock_name
from idsync.model.resources import Lock
from idsync.plan.changes import LockChange, Plan
from idsync.plan.released_logins import with_locks_lifted
from tests.core.replay import settled
from tests.core.world import ORG, lock_on, okta, person, plan, replace

STATE = settled(okta(person("ann"), person("bob")))
OURS = labelled_by(ORG)


def saying(made: Plan, name: str, okta_id: str) -> Plan:
    """A plan that says of a name that it is this person's now."""
    finding = Finding(LOGIN_REUSED, "warning", "told", (UpstreamCause("user", okta_id, name),))
    return replace(made, findings=(*made.findings, finding))


def lifted(made: Plan, lock: Lock) -> list[str]:
    """The locks that the plan lifts once `login_reused` is released."""
    locks = {lock.metadata.name: lock}
    changed = with_locks_lifted(made, locks, STATE.users, OURS)
    return [each.address for each in changed.changes if isinstance(each, LockChange) and each.after is None]


def of_another(name: str) -> Lock:
    """A lock of ours on a name, for somebody who had it before."""
    lock = lock_on(name, ours=True)
    labels = {**lock.metadata.labels, "okta/user-id": "00u-former"}
    return replace(lock, metadata=replace(lock.metadata, labels=labels))


def test_r11_a_lock_for_a_former_holder_is_lifted() -> None:
    idle = plan(okta(person("ann"), person("bob")), STATE)
    assert lifted(saying(idle, "ann", "00u-ann"), of_another("ann")) == [f"lock/{lock_name(ORG, 'ann')}"]


def test_r11_a_plan_that_names_somebody_else_as_the_holder_lifts_nothing() -> None:
    idle = plan(okta(person("ann"), person("bob")), STATE)
    for okta_id in ("00u-bob", "00u-forged", ""):
        assert lifted(saying(idle, "ann", okta_id), lock_on("ann", ours=True)) == []
        assert lifted(saying(idle, "ann", okta_id), of_another("ann")) == []


def test_r11_nothing_is_lifted_of_a_leaver_whatever_the_plan_says() -> None:
    leaves = plan(okta(person("bob")), STATE)
    assert lifted(saying(leaves, "ann", "00u-ann"), of_another("ann")) == []
    assert lifted(saying(leaves, "nobody", "00u-ann"), of_another("nobody")) == []


def test_r11_a_lock_of_somebody_elses_hand_stays() -> None:
    idle = plan(okta(person("ann"), person("bob")), STATE)
    assert lifted(saying(idle, "ann", "00u-ann"), lock_on("ann")) == []
