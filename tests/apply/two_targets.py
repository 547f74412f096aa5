"""A plan for the local directory and a remote target, and both as they are before and after it."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from idsync.apply.executor import apply_plan
from idsync.apply.request import Applied
from idsync.model.canonical import canonical_bytes
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Membership, User
from idsync.plan.changes import Plan
from idsync.plan.join import joined
from idsync.plan.seal import sealed
from idsync.plan.sections import FIRST
from idsync.plan.steps import steps_of
from idsync.reconcile.target_section import Desired, Terms, section_of
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.local import LocalTarget
from idsync.targets.protocol import Target
from tests.apply.worlds import fill, never, plan_between, request, state
from tests.targets.remote import RemoteTarget
from tests.targets.world import NOW, ORG, our_list, our_lock, our_user

replace = msgspec.structs.replace
Body = TypeVar("Body", User, AccessList)
REMOTE = "remote"
BEFORE = state(
    our_user("stays", "dev"),
    our_user("leaver", "dev"),
    our_list("00g1", "Old title"),
    our_list("00g2"),
    members={
        "00g1": {"leaver": Membership(reason="asked"), "stays": NEW_MEMBERSHIP},
        "00g2": {"stays": NEW_MEMBERSHIP},
    },
)
AFTER = state(
    our_user("stays", "ops"),
    our_user("joiner", "dev"),
    our_lock("leaver-lock", "leaver"),
    our_list("00g1", "New title"),
    our_list("0oa4"),
    members={
        "00g1": {"joiner": NEW_MEMBERSHIP, "stays": NEW_MEMBERSHIP},
        "0oa4": {"joiner": NEW_MEMBERSHIP, "stays": NEW_MEMBERSHIP},
    },
)
THERE = RemoteTarget()
fill(THERE, THERE.project(BEFORE))
SECTION = section_of(THERE, Desired(AFTER), Terms(ORG), NOW).section
PLAN = sealed(joined(plan_between(BEFORE, AFTER), SECTION))
STEPS_THERE = len(steps_of(SECTION.changes))


def prepared(local: LocalTarget, remote: RemoteTarget) -> dict[str, Target]:
    """Both targets as they are before the plan."""
    fill(local, BEFORE)
    fill(remote, remote.project(BEFORE))
    return {FIRST: local, REMOTE: remote}


def apply_both(plan: Plan, targets: Mapping[str, Target], store: SqliteStore, **more: object) -> Applied:
    """Apply without waiting for anything."""
    return apply_plan(plan, request(NOW, **more), targets=targets, records=store, sleep=never)


def content(target: Target) -> bytes:
    """What a target holds, without the revisions that it counts itself."""
    there = target.state()
    return canonical_bytes(
        replace(
            there,
            users={name: _unnumbered(each) for name, each in there.users.items()},
            access_lists={name: _unnumbered(each) for name, each in there.access_lists.items()},
        )
    )


def _unnumbered(body: Body) -> Body:
    return replace(body, metadata=replace(body.metadata, revision=None))
