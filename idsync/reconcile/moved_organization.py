"""An organization whose address changed: what carries a former address is taken over, and what carries an unknown one
is told, since nobody would lock its leavers any more.
"""

from collections.abc import Container, Mapping
from typing import TypeVar

from msgspec.structs import replace

from idsync.compiler.compile import Compilation
from idsync.config.settings import Settings
from idsync.model.addresses import Address, access_list_address, lock_address, user_address
from idsync.model.directory import Cause, DirectoryState, Reason, Why
from idsync.model.findings import ORPHANED, Finding
from idsync.model.former_addresses import Orphans, orphans_of, relabelled, taken_over
from idsync.model.identified import NOBODY, OktaIds
from idsync.model.ownership import okta_id_of
from idsync.model.plain_resources import Plain
from idsync.model.resources import AccessList, Lock, User
from idsync.targets.protocol import DirectoryReader

SHOWN = 20
Key = TypeVar("Key", bound=str)


def present_locks(settings: Settings, locks: dict[str, Lock]) -> dict[str, Lock]:
    """The locks, each that carries a former address labelled with the present one."""
    integration = settings.integration
    return relabelled(locks, integration.org_url, integration.former_addresses)


def present_state(settings: Settings, found: DirectoryState, target: DirectoryReader) -> DirectoryState:
    """What was found in the target, as if all that carries a former address carried the present one."""
    integration = settings.integration
    inhabited = [former for former in integration.former_addresses if _anything(target, former)]
    if inhabited:
        return taken_over(found, integration.org_url, integration.former_addresses)
    return replace(found, locks=present_locks(settings, found.locks))


def _anything(target: DirectoryReader, org_url: str) -> bool:
    managed = target.counts(org_url)
    return managed.people > 0 or managed.access_lists > 0 or managed.app_groups > 0


def why_relabelled(
    found: DirectoryState, current: DirectoryState, compilation: Compilation, okta_ids: OktaIds = NOBODY
) -> Mapping[Address, Why]:
    """Why each object is as it is; of one of which only labels change, that the organization moved, or that an Okta id
    is known by now: `okta_ids` by what stood for them.
    """
    desired = compilation.desired
    known = {
        *map(user_address, _carrying(found.users, okta_ids)),
        *map(lock_address, _carrying(found.locks, okta_ids)),
    }
    moved = [
        *(user_address(name) for name in _only_relabelled(found.users, current.users, desired.users)),
        *(lock_address(name) for name in _only_relabelled(found.locks, current.locks, desired.locks)),
        *(
            access_list_address(name)
            for name in _only_relabelled(found.access_lists, current.access_lists, desired.access_lists)
            if found.members.get(name) == desired.members.get(name)
        ),
        *_only_relabelled(found.plain, current.plain, desired.plain),
    ]
    if not moved:
        return compilation.why
    reasons = {address: Reason.IDENTIFIED if address in known else Reason.RELABELLED for address in moved}
    whys = {address: Why(reason, _causes(compilation, address)) for address, reason in reasons.items()}
    return {**compilation.why, **whys}


def _carrying(objects: Mapping[str, User | Lock], okta_ids: OktaIds) -> list[str]:
    """Names of the objects that carry what stood for an Okta id."""
    return [name for name, item in objects.items() if okta_id_of(item.metadata.labels) in okta_ids] if okta_ids else []


def _causes(compilation: Compilation, address: Address) -> tuple[Cause, ...]:
    why = compilation.why.get(address)
    return () if why is None else why.causes


def _only_relabelled(
    found: Mapping[Key, User | Lock | AccessList | Plain],
    current: Mapping[Key, User | Lock | AccessList | Plain],
    desired: Mapping[Key, User | Lock | AccessList | Plain],
) -> list[Key]:
    """Names of the objects that are as desired once they carry the present address."""
    if found is current:
        return []
    return [name for name, item in current.items() if item is not found[name] and desired.get(name) == item]


def orphaned_findings(
    settings: Settings, target: DirectoryReader, locks: dict[str, Lock], present: Container[str]
) -> list[Finding]:
    """One error for each address that objects of ours carry and no integration answers for."""
    integration = settings.integration
    known = {integration.org_url, *integration.former_addresses}
    orphans = target.orphans(known) or orphans_of(DirectoryState(locks=locks), known)
    return [_finding(integration.org_url, each, present) for each in orphans]


def staying_findings(settings: Settings, target: DirectoryReader) -> list[Finding]:
    """One warning for each such address of what stays where everything of ours goes."""
    integration = settings.integration
    return [
        Finding(
            ORPHANED,
            "warning",
            f"{_told(each, list(each.users))}. They carry our origin and another address than {integration.org_url}:"
            f" they stay. If they are to go as well, name {each.org_url} in former_org_urls and run this again.",
        )
        for each in target.orphans({integration.org_url, *integration.former_addresses})
    ]


def _finding(org_url: str, orphans: Orphans, present: Container[str]) -> Finding:
    users = sorted(orphans.users, key=lambda name: (orphans.users[name] in present, name))
    gone = sum(okta_id not in present for okta_id in orphans.users.values())
    leavers = f", of whom {gone:,} {'is' if gone == 1 else 'are'} not in this reading" if gone else ""
    return Finding(
        ORPHANED,
        "error",
        f"{_told(orphans, users, leavers)}. They carry our origin, and this configuration is for"
        f" {org_url}: they are left as they are, and nobody locks those who leave. If the organization moved, name"
        f" {orphans.org_url} in former_org_urls; if not, say why they may stay: apply --allow {ORPHANED}=REASON.",
    )


def _told(orphans: Orphans, users: list[str], leavers: str = "") -> str:
    """How many objects carry an address, and the first of them by name."""
    names = [
        *users,
        *sorted({*orphans.locks.values()} - orphans.users.keys() - {""}),
        *orphans.access_lists,
        *orphans.plain,
    ]
    counts: tuple[tuple[int, str], ...] = (
        (len(users), "user"),
        (len(orphans.access_lists), "access list"),
        (len(orphans.locks), "lock"),
    )
    counts += ((len(orphans.plain), "app, group or role"),) if orphans.plain else ()
    told = ", ".join(f"{number:,} {word}{'' if number == 1 else 's'}" for number, word in counts if number)
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else "")
    return f"{told} of {orphans.org_url}{leavers}: {shown}"
