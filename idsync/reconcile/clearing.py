"""A plan that takes everything of ours out of a target, whatever Okta says; Okta is neither asked nor changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from idsync import __version__
from idsync.apply.surroundings import surroundings, with_nested, with_reach
from idsync.compiler.clearing import CLEARED, locks_when_cleared, obstacles
from idsync.config.settings import Settings, SyncSwitches
from idsync.errors import BlockedError
from idsync.model.addresses import access_list_address, lock_address, user_address
from idsync.model.agreed_past import AgreedPast
from idsync.model.directory import DirectoryState
from idsync.model.directory_index import DirectoryIndex
from idsync.model.findings import Health
from idsync.model.ownership import ended_locks
from idsync.model.plain_resources import Role
from idsync.plan.accesses import Origins
from idsync.plan.assemble import compare, summarise
from idsync.plan.changes import FORMAT_VERSION, Change, Inputs, Plan
from idsync.plan.delta import access_delta
from idsync.plan.reached_by_labels import moved_apps_and_groups, roles_that_reach_others
from idsync.plan.seal import sealed
from idsync.plan.touched import touched_by
from idsync.reconcile.moved_organization import staying_findings
from idsync.reconcile.role_holders import holding
from idsync.targets.protocol import Target

EVERY_KIND = SyncSwitches(users=True, access_lists=True, app_groups=True)
RELEASED = "idsync cleanup removes everything of ours"
"""Why guards are released: they are against mistakes, and this is meant."""
_MOST_NAMED = 10
_AS = {"member": "a member", "owner": "an owner"}


def plan_to_clear(settings: Settings, target: Target, past: AgreedPast, now: datetime, *, lift_locks: bool) -> Plan:
    """Everything of ours goes, also of kinds that `sync` switches off: people are locked first, and our locks stay
    until they end. With `lift_locks` our locks go too, and nobody is locked.

    Raises BlockedError where a foreign list has a list of ours as a member or an owner.
    """
    org_url = settings.integration.org_url
    with target.reading():
        serial = target.serial()
        index = target.index(org_url)
        state, locks = target.state(), target.locks()
        _check_obstacles(state, target)
        ended = ended_locks(locks, target.ours, now)
        in_force = {name: lock for name, lock in locks.items() if name not in ended}
        found = msgspec.structs.replace(state, locks=in_force)
        wanted = locks_when_cleared(settings.integration.locks, org_url, index.users, in_force, now, past)
        desired = DirectoryState()  # what is not ours is not compared
        if not lift_locks:
            kept = {name: found.users[name] for name in wanted.unlockable & found.users.keys()}
            desired = DirectoryState(users=kept, locks=wanted.locks)
        why = {
            **{lock_address(name): CLEARED for name in found.locks},
            **wanted.why,
            **{user_address(name): CLEARED for name in found.users},
            **{access_list_address(name): CLEARED for name in found.access_lists},
            **dict.fromkeys(found.plain, CLEARED),
        }
        compared = compare(
            found, desired, why=why, kept={}, adopted=frozenset(), ours=target.ours, lifetimes=wanted.lifetimes
        )
        holding, giving = _who_keep_roles(compared.changes, found, index, target)
        members = with_nested(compared.changes, found.members, target, giving)
        touched = touched_by(compared.changes, members, reaching=giving, holding=holding)
        around = surroundings(
            touched.people, found, target, EVERY_KIND, changing=touched.lists, locks=found.locks, members=members
        )
        around = with_reach(around, compared.changes, target, EVERY_KIND, found.plain)
        staying = staying_findings(settings, target)
    return sealed(
        Plan(
            format_version=FORMAT_VERSION,
            integration=settings.integration.name,
            inputs=Inputs(settings.digest, "", "", serial, org_url, __version__),
            health=Health(),
            summary=summarise(compared.changes),
            changes=compared.changes,
            access_delta=access_delta(touched, around, Origins({}, False, {}), now),
            guards=(),
            findings=(*wanted.findings, *compared.findings, *staying),
        )
    )


def _who_keep_roles(
    changes: Iterable[Change], found: DirectoryState, index: DirectoryIndex, target: Target
) -> tuple[frozenset[str], frozenset[str]]:
    """Who keeps a role that gives nothing any more, and the lists that give such a role: it goes, or its apps do."""
    before, after = moved_apps_and_groups(changes)
    roles = [role for role in found.plain.values() if isinstance(role, Role)]
    reaching = roles_that_reach_others(roles, before, after)
    return holding(reaching, index, target) if reaching else (frozenset(), frozenset())


def _check_obstacles(state: DirectoryState, target: Target) -> None:
    found = obstacles(state, target.ours)
    if not found:
        return
    told: Iterator[str] = (f"{each.foreign_title} has {each.title} as {_AS[each.role]}" for each in found[:_MOST_NAMED])
    more = f", and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
    raise BlockedError(
        "Lists that are not ours need lists of ours; nothing was changed.",
        why=f"{'; '.join(told)}{more}: people would lose what they get by them.",
        fix="Take the lists of ours out of these, with `idsync edit access_list/NAME` or `idsync rm "
        "access_list_member/LIST/NAME`, and run this again.",
    )
