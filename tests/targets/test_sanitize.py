"""A sanitized directory: nobody can be recognized, and with a sanitized snapshot it plans as the real ones do."""

import msgspec
import pytest

from idsync.config.settings import Settings
from idsync.model.addresses import split_address
from idsync.model.agreed_past import AgreedPast, EndedMembership, FormerName, LiftedLock
from idsync.model.directory import DirectoryState
from idsync.model.identity import Snapshot
from idsync.model.ownership import lock_name
from idsync.model.pseudonyms import Pseudonyms
from idsync.model.resources import Membership, Owner
from idsync.plan.changes import Plan
from idsync.sources.sanitize import sanitize
from idsync.targets.sanitize import SanitizedDirectory, attributes_of_rules
from tests.core.replay import settled
from tests.core.world import (
    ORG,
    config,
    edited_list,
    foreign_user,
    group,
    lock_on,
    okta,
    person,
    plan,
    with_lock,
    with_member,
    with_user,
)

KEY = b"0123456789abcdef"
RULES = """\
RoleMapping:
  rules:
    - {trait: okta/department, value: Engineering, roles: [dev]}
    - {group: "aws-*", roles: ["aws-$1"]}
"""
LISTS = """\
AccessListRules:
  rules:
    - {group: "team-*", description: "The team $1", grants: {roles: ["team-$1"]}}
"""
SETTINGS = config(RULES, LISTS)
PERSONAL = """\
RoleMapping:
  rules:
    - {trait: okta/email, value: "^(.*)@x[.]com$", roles: ["user-$1"]}
"""
WITH_PERSONAL_ROLES = config(RULES, PERSONAL, LISTS)
BEFORE = okta(
    person("anne-y", email="anne-y@x.com", firstName="Anne", lastName="Example", department="Engineering", badge=4711),
    person("bob", email="bob@x.com", department="Sales", contractor=True),
    person("cid-x", "SUSPENDED", email="cid@x.com"),
    group("team-web", "anne-y", "bob", description="ask Anne Example"),
    group("aws-admin", "bob", "cid-x", description="ask Anne Example"),
)
AFTER = okta(
    person("bob", email="bob@x.com", department="Engineering", contractor=True),
    person("cid-x", email="cid@x.com"),
    person("dora", email="dora@x.com", department="Engineering"),
    group("team-web", "bob", "dora", description="ask Anne Example"),
    group("aws-admin", "cid-x", description="ask Anne Example"),
)


def directory(settings: Settings = SETTINGS) -> DirectoryState:
    """The directory after the first apply, with what people's hands left in it."""
    state = settled(BEFORE, settings)
    state = with_user(state, foreign_user("anne.example@other.com", {"team": "Anne's"}, roles=("admin",)))
    state = with_lock(state, lock_on("anne-y", called="because Anne left her laptop"))
    state = edited_list(state, "00g-team-web", owners=(Owner("anne-y", "Anne Example's team"),))
    return with_member(state, "00g-team-web", "bob", Membership(reason="Anne asked", added_by="anne-y"))


def planned_from(snapshot: Snapshot, state: DirectoryState, settings: Settings = SETTINGS) -> Plan:
    """The plan that these two make."""
    return plan(snapshot, state, settings)


def shape(made: Plan) -> list[tuple[str, str, str, int, int]]:
    """What a plan does, without saying to whom."""
    return sorted(
        (
            split_address(change.address)[0],
            change.action,
            str(change.reason),
            len(getattr(change, "members_added", ())),
            len(getattr(change, "members_removed", ())),
        )
        for change in made.changes
    )


def test_nobody_can_be_recognized() -> None:
    clean = SanitizedDirectory(WITH_PERSONAL_ROLES, KEY).state(directory(WITH_PERSONAL_ROLES))
    written = msgspec.json.encode(clean).decode().lower()
    for text in ("anne-", "example", "bob", "cid-", "4711", "laptop", "00u-", "because", "user-"):
        assert text not in written.replace("okta/user-id", "")


def test_both_files_plan_as_the_real_ones_do() -> None:
    real = planned_from(AFTER, directory())
    snapshot = sanitize(AFTER, KEY, attributes_of_rules(SETTINGS))
    clean = planned_from(snapshot, SanitizedDirectory(SETTINGS, KEY).state(directory()))
    assert shape(clean) == shape(real)
    assert len(real.changes) > 4
    named = Pseudonyms(KEY).text("dora")
    assert f"user/{named}" in {change.address for change in clean.changes}


def test_a_rule_that_looks_at_what_was_replaced_is_told() -> None:
    settings = WITH_PERSONAL_ROLES
    snapshot = sanitize(AFTER, KEY, attributes_of_rules(settings))
    made = planned_from(snapshot, SanitizedDirectory(settings, KEY).state(directory(settings)), settings)
    told = [finding.message for finding in made.findings if finding.code == "sanitized_rule"]
    assert ["okta/email" in message for message in told] == [True]
    real = planned_from(AFTER, directory(settings), settings)
    assert not any(finding.code == "sanitized_rule" for finding in real.findings)


@pytest.mark.parametrize(
    "name", ["user/anne-y", "lock/because Anne left her laptop", "access_list_member/00g-team-web/anne-y"]
)
def test_what_is_edited_is_named_by_pseudonyms(name: str) -> None:
    state = directory()
    told = SanitizedDirectory(SETTINGS, KEY).address(name, state.locks)  # type: ignore[arg-type]
    assert "anne-y" not in told.lower()
    assert told.split("/")[0] == name.split("/")[0]


def test_what_is_agreed_of_the_past_names_nobody_and_fits_the_pseudonyms_of_the_snapshot() -> None:
    past = AgreedPast(
        (FormerName("anne-y", "00u-anne", "2026-11-01T00:00:00Z", by_hand=True),),
        (LiftedLock("00u-anne", "suspension", "2026-11-01T00:00:00Z"),),
        (EndedMembership("00g-web", "00u-anne", "2026-11-01T00:00:00Z"),),
    )
    clean = SanitizedDirectory(SETTINGS, KEY).past(past)
    assert b"anne" not in msgspec.json.encode(clean)
    called = Pseudonyms(KEY).id("00u-anne")
    assert {clean.former[0].okta_id, clean.lifted[0].okta_id, clean.ended[0].okta_id} == {called}
    assert clean.former[0].name == Pseudonyms(KEY).text("anne-y")
    assert clean.former[0].by_hand


def test_a_lock_is_called_by_the_pseudonyms_of_its_person() -> None:
    label = {"okta/user-id": "00u-second"}
    first, second = lock_on("dora", ours=True), lock_on("dora", ours=True)
    second = msgspec.structs.replace(
        second,
        metadata=msgspec.structs.replace(
            second.metadata, name=lock_name(ORG, "dora", "00u-second"), labels=second.metadata.labels | label
        ),
    )
    state = DirectoryState(locks={lock.metadata.name: lock for lock in (first, second)})
    clean = SanitizedDirectory(SETTINGS, KEY).state(state)
    name = Pseudonyms(KEY).text("dora")
    assert clean.locks.keys() == {lock_name(ORG, name), lock_name(ORG, name, Pseudonyms(KEY).id("00u-second"))}
