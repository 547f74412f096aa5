"""The section of a plan that tells Okta of memberships, judged and counted like every other."""

import msgspec

from idsync.compiler.inputs import Inputs
from idsync.model.directory_index import Managed
from idsync.plan.around import Around
from idsync.plan.changes import Change, Plan
from idsync.plan.guard_findings import guard_findings
from idsync.plan.guards import Standing, check_guards, marked, taken_by
from idsync.plan.health import Judgement, held_back
from idsync.plan.join import joined
from idsync.plan.okta_delta import okta_delta
from idsync.plan.sections import OKTA, Section
from idsync.reconcile.merged_lists import BothWays, Lists

UNKNOWN_SERIAL = -1


def with_upstream_section(plan: Plan, lists: Lists, inputs: Inputs, judgement: Judgement, both: BothWays) -> Plan:
    """The plan with its section for Okta, judged and counted, and with what both sides will agree on."""
    told = msgspec.structs.replace(plan, both_ways=dict(lists.both_sides), findings=(*plan.findings, *lists.findings))
    if both.upstream is None:
        return told
    settings = inputs.settings
    changes: tuple[Change, ...] = held_back(lists.out, judgement, inputs.pool.shown_out)
    standing = Standing(frozenset(), frozenset(), Around(), inputs.now)
    taken, managed = taken_by(changes, standing), Managed(agreed=both.agreed.count())
    results = check_guards(settings.limits, taken, managed)
    noticed = guard_findings(results, taken, settings.limits, managed, dict(settings.places))
    if not changes:
        return msgspec.structs.replace(told, findings=(*told.findings, *noticed))
    section = Section(OKTA, UNKNOWN_SERIAL, marked(changes, results, taken), okta_delta(changes), results)
    return joined(told, section, noticed)
