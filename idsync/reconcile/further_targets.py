"""Plans for more than one target: each further one gets a section of what was compiled for all of them."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from idsync.model.directory import DirectoryState
from idsync.model.ownership import OWNED_LABELS
from idsync.model.resources import AccessList, Lock, User
from idsync.plan.join import joined
from idsync.reconcile.context import delta_of
from idsync.reconcile.planned import Planned
from idsync.reconcile.target_section import Desired, Terms, section_of
from idsync.targets.protocol import Target

replace = msgspec.structs.replace
Body = TypeVar("Body", User, Lock, AccessList)


def with_further_targets(planned: Planned, targets: Iterable[Target]) -> Planned:
    """The plan with a section for each of these targets, with what people gain and lose there.

    Raises ValueError where only what moved was compiled: what another target lacks may be anybody's.
    """
    if planned.within is not None:
        raise ValueError("a plan for several targets needs everybody compiled")
    plan = planned.plan
    for target in targets:
        planned_there = section_of(target, desired_by(planned), _terms(planned), planned.inputs.now)
        section, found = planned_there.section, planned_there.found
        with target.reading():
            delta = delta_of(planned.inputs, planned.compilation, section.changes, found, target, renamed={})[0]
        plan = joined(plan, replace(section, access_delta=delta), planned_there.findings)
    return replace(planned, plan=plan)


def desired_by(planned: Planned) -> Desired:
    """What was compiled, without what people put on objects of the first target: that is not for the others."""
    compilation, pool = planned.compilation, planned.inputs.pool
    state = compilation.desired
    return Desired(
        DirectoryState(
            users={name: _bare(user) for name, user in state.users.items()},
            locks={name: _bare(lock) for name, lock in state.locks.items()},
            access_lists={name: _bare(item) for name, item in state.access_lists.items()},
            members=state.members,
            plain=state.plain,
        ),
        compilation.why,
        compilation.lifetimes,
        compilation.held,
        frozenset(pool.leaving),
        pool.lent,
    )


def _bare(resource: Body) -> Body:
    labels = {name: value for name, value in resource.metadata.labels.items() if name in OWNED_LABELS}
    if labels == resource.metadata.labels:
        return resource
    return replace(resource, metadata=replace(resource.metadata, labels=labels))


def _terms(planned: Planned) -> Terms:
    settings = planned.inputs.settings
    integration = settings.integration
    return Terms(
        integration.org_url,
        integration.sync,
        integration.locks,
        frozenset(integration.users.adopt),
        settings.limits,
        planned.judgement,
        planned.inputs.pool.shown_out,
        integration.users.traits,
        settings.places,
    )
