"""R21: the organization's address changes while its people stay: what was ours is told, or taken over."""

import pytest

from idsync.config.settings import Settings
from idsync.model.directory import DirectoryState
from idsync.model.extent import Reading
from idsync.model.ownership import lock_name
from idsync.model.resources import Metadata, UserSpec, user
from idsync.plan.changes import Plan
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.targets.given import GivenDirectory
from tests.core.replay import applied, settled
from tests.core.world import (
    APP,
    NOW,
    ORG,
    codes,
    config,
    foreign_user,
    group,
    lines,
    okta,
    person,
    replace,
    with_list,
    with_lock,
    with_user,
)

NEW = "https://login.enzos-pizza.com"
_DOCUMENT = """
apiVersion: idsync/v1
kind: Integration
metadata: {{name: okta}}
spec:
  org_url: {org_url}
  app: {{id: {app}}}
  source: {{snapshot: {{path: snapshot.json}}}}
"""


def of_address(org_url: str, *former: str) -> Settings:
    spec = f"former_org_urls: [{', '.join(former)}]" if former else ""
    return config(spec=spec, integration=_DOCUMENT.format(org_url=org_url, app=APP))


def planned(settings: Settings, *people: str, suspended: str = "", state: DirectoryState) -> Plan:
    users = [person(name, "SUSPENDED" if name == suspended else "ACTIVE") for name in people]
    snapshot = okta(*users, group("eng", *people), org_url=settings.integration.org_url)
    target = GivenDirectory(state, former=settings.integration.former_addresses)
    return make_plan(settings, Reading(snapshot), target, PlanOptions(now=NOW)).plan


def before(*people: str, suspended: str = "") -> DirectoryState:
    users = [person(name, "SUSPENDED" if name == suspended else "ACTIVE") for name in people]
    return settled(okta(*users, group("eng", *people)))


def labels(state: DirectoryState) -> set[str]:
    objects: list[Metadata] = [user.metadata for user in state.users.values()]
    objects += [lock.metadata for lock in state.locks.values()]
    objects += [item.metadata for item in state.access_lists.values()]
    return {metadata.labels.get("okta/org", "") for metadata in objects}


def orphaned(made: Plan) -> list[str]:
    return [finding.message for finding in made.findings if finding.code == "orphaned"]


def test_r21_objects_of_an_address_that_nobody_answers_for_are_one_error_that_names_leavers_first() -> None:
    made = planned(of_address(NEW), "bob", "cid", state=before("bob", "cid", "zoe"))
    assert made.is_empty
    assert [finding.code for finding in made.findings if finding.severity == "error"] == ["orphaned"]
    (told,) = orphaned(made)
    assert ORG in told
    assert NEW in told
    assert "3 users, 1 access list" in told
    assert told.index("zoe") < told.index("bob") < told.index("cid")


def test_r21_of_many_orphans_twenty_are_named() -> None:
    people = [f"p{number:02}" for number in range(30)]
    (told,) = orphaned(planned(of_address(NEW), *people, state=before(*people)))
    assert "p19" in told
    assert "p20" not in told
    assert "and 11 more" in told


def test_r21_each_unknown_address_is_told_by_itself() -> None:
    state = with_user(
        before("bob"), foreign_user("eve", {"teleport.dev/origin": "okta", "okta/org": "https://old.okta.com"})
    )
    assert len(orphaned(planned(of_address(NEW), "bob", state=state))) == 2
    assert len(orphaned(planned(of_address(ORG), "bob", state=state))) == 1


def test_r21_locks_alone_are_orphans_too() -> None:
    state = before("bob", "zoe", suspended="zoe")
    only = DirectoryState(locks=state.locks)
    (told,) = orphaned(planned(of_address(NEW), "bob", state=only))
    assert "1 lock" in told
    assert "zoe" in told


def test_r21_foreign_objects_without_an_address_are_not_told() -> None:
    state = with_user(before("bob"), foreign_user("eve", {"teleport.dev/origin": "okta"}))
    assert orphaned(planned(of_address(ORG), "bob", state=with_user(state, foreign_user("root")))) == []


def test_r21_former_addresses_take_over_users_lists_and_locks_which_keep_their_names() -> None:
    state = before("bob", "cid", "zoe", suspended="cid")
    made = planned(of_address(NEW, ORG), "bob", "cid", "zoe", suspended="cid", state=state)
    assert codes(made) == []
    assert set(lines(made)) == {
        "update user bob: relabelled",
        "update user cid: relabelled",
        "update user zoe: relabelled",
        "update lock cid: relabelled",
        "update access_list eng: relabelled",
    }
    assert made.access_delta == ()
    after = applied(state, made)
    assert labels(after) == {NEW}
    assert after.locks.keys() == {lock_name(ORG, "cid")}
    assert planned(of_address(NEW, ORG), "bob", "cid", "zoe", suspended="cid", state=after).is_empty


def test_r21_a_lock_of_a_former_address_is_lifted_for_whom_it_was_made() -> None:
    state = before("bob", "cid", suspended="cid")
    made = planned(of_address(NEW, ORG), "bob", "cid", state=state)
    assert "delete lock cid: unsuspended" in lines(made)
    after = applied(state, made)
    assert after.locks == {}
    assert planned(of_address(NEW, ORG), "bob", "cid", state=after).is_empty


def test_r21_a_suspended_person_who_leaves_as_the_organization_moves_has_one_lock() -> None:
    state = before("bob", "cid", suspended="cid")
    after = applied(state, planned(of_address(NEW, ORG), "bob", state=state))
    assert [lock.spec.target.user for lock in after.locks.values()] == ["cid"]
    assert labels(after) == {NEW}
    assert planned(of_address(NEW, ORG), "bob", state=after).is_empty


def test_r21_a_leaver_is_locked_in_the_pass_that_takes_the_organization_over() -> None:
    state = before("bob", "zoe")
    made = planned(of_address(NEW, ORG), "bob", state=state)
    assert "create lock zoe: unassigned" in lines(made)
    assert "delete user zoe: unassigned" in lines(made)
    assert labels(applied(state, made)) == {NEW}


@pytest.mark.parametrize("others", [("https://elsewhere.okta.com",), (ORG, "https://elsewhere.okta.com")])
def test_r21_only_the_addresses_that_are_named_are_taken_over(others: tuple[str, ...]) -> None:
    stranger = foreign_user("eve", {"teleport.dev/origin": "okta", "okta/org": "https://third.okta.com"})
    state = with_user(before("bob"), stranger)
    made = planned(of_address(NEW, *others), "bob", state=state)
    assert len(orphaned(made)) == (1 if ORG in others else 2)
    assert applied(state, made).users["eve"] == stranger


def test_a_port_in_the_labels_of_an_earlier_version_is_the_same_organization() -> None:
    spelled = f"{ORG}:443"

    def with_port(metadata: Metadata) -> Metadata:
        return replace(metadata, labels={**metadata.labels, "okta/org": spelled})

    state = before("bob", "zoe", suspended="zoe")
    for each in state.users.values():
        state = with_user(state, replace(each, metadata=with_port(each.metadata)))
    for lock in state.locks.values():
        state = with_lock(state, replace(lock, metadata=with_port(lock.metadata)))
    for item in state.access_lists.values():
        state = with_list(state, replace(item, metadata=with_port(item.metadata)))
    made = planned(of_address(ORG), "bob", "zoe", suspended="zoe", state=state)
    assert codes(made) == []
    after = applied(state, made)
    assert labels(after) == {ORG}
    assert after.members == state.members
    assert planned(of_address(ORG), "bob", "zoe", suspended="zoe", state=after).is_empty


def test_a_snapshot_of_a_former_address_is_of_the_same_organization() -> None:
    settings = of_address(NEW, ORG)
    state = before("bob")
    target = GivenDirectory(state, former=settings.integration.former_addresses)
    made = make_plan(settings, Reading(okta(person("bob"), group("eng", "bob"))), target, PlanOptions(now=NOW)).plan
    assert labels(applied(state, made)) == {NEW}


def test_what_people_own_stays_as_they_left_it_when_an_organization_moves() -> None:
    state = before("bob")
    theirs = user(
        replace(state.users["bob"].metadata, description="night shift"), UserSpec(state.users["bob"].spec.roles)
    )
    state = with_user(state, theirs)
    after = applied(state, planned(of_address(NEW, ORG), "bob", state=state))
    assert after.users["bob"].metadata.description == "night shift"


def test_a_protected_person_whose_lock_is_only_relabelled_is_not_harmed() -> None:
    state = before("bob", "cid", suspended="cid")
    (lock,) = state.locks.values()
    ending = replace(lock, spec=replace(lock.spec, expires="2026-11-23T00:00:00Z"))
    without = DirectoryState(
        users={name: each for name, each in state.users.items() if name != "cid"}, locks={lock.metadata.name: ending}
    )
    settings = config(
        "Guards: {protected_users: [cid]}",
        spec=f"former_org_urls: [{ORG}]",
        integration=_DOCUMENT.format(org_url=NEW, app=APP),
    )
    made = planned(settings, "bob", state=without)
    assert "update lock cid: relabelled" in lines(made)
    assert not any(change.blocked_by for change in made.changes)
