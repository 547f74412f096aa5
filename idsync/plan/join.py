"""The opposite of `sections.py`: the section of a further target becomes part of a plan."""

from collections.abc import Iterable

import msgspec

from idsync.model.findings import Finding
from idsync.plan.assemble import summarise
from idsync.plan.changes import Plan
from idsync.plan.sections import Section, requirements
from idsync.plan.steps import in_listing_order

replace = msgspec.structs.replace


def joined(plan: Plan, section: Section, findings: Iterable[Finding] = ()) -> Plan:
    """The plan with one more section and its findings, without a digest; the first section keeps its place in front."""
    target = section.target
    changes = in_listing_order((*plan.changes, *(replace(change, target=target) for change in section.changes)))
    deltas = (*plan.access_delta, *(replace(delta, target=target) for delta in section.access_delta))
    return replace(
        plan,
        inputs=replace(plan.inputs, serials={**(plan.inputs.serials or {}), target: section.serial}),
        summary=summarise(changes),
        changes=changes,
        access_delta=tuple(sorted(deltas, key=lambda delta: (delta.person, delta.target))),
        guards=(*plan.guards, *(replace(result, target=target) for result in section.guards)),
        findings=(*plan.findings, *findings),
        requires=requirements(changes),
        digest="",
    )
