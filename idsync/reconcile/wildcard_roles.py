"""The finding about roles that give every app or group, with who holds them. Nobody's roles are taken for harmless."""

from collections.abc import Iterator

from idsync.compiler.compile import Compilation
from idsync.compiler.inputs import Inputs
from idsync.model.addresses import split_address
from idsync.model.directory import Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.findings import Finding
from idsync.model.nesting import is_nested
from idsync.plan.wildcard_roles import roles_that_give_everything
from idsync.reconcile.role_holders import holders_of, roles_by_people
from idsync.targets.protocol import DirectoryReader

SHOWN = 20
_NOBODY: frozenset[str] = frozenset()


def wildcard_findings(inputs: Inputs, compilation: Compilation, target: DirectoryReader) -> Iterator[Finding]:
    """An error for each role in the directory that gives everything. Ours do not, unless a hand changed them."""
    if not inputs.settings.integration.sync.app_groups:
        return
    index = inputs.index
    roles = roles_by_people(index, target)
    asking = [role for role in roles if role.spec.allow.app_labels or role.spec.allow.group_labels]
    if not asking:
        return
    ours = [address for address, entry in index.plain.items() if entry.ours and not address.startswith("role/")]
    there = {**target.plain(ours), **compilation.desired.plain}
    resources = {address: item for address, item in there.items() if split_address(address)[0] != "role"}
    found = roles_that_give_everything(asking, resources)
    holders = _holders(frozenset(found), index, target) if found else {}
    for name, what in found.items():
        yield _finding(name, what, holders.get(name, []))


def _holders(roles: frozenset[str], index: DirectoryIndex, target: DirectoryReader) -> dict[str, list[str]]:
    """Who has each of these roles, people by name and lists that are members by theirs."""
    holders = holders_of(roles, index, target)
    held: dict[str, set[str]] = {role: set(people) for role, people in holders.people.items()}
    giving = {name: roles.intersection(item.spec.grants.roles) for name, item in holders.lists.items()}
    members = target.state(Names(_NOBODY, frozenset(name for name, some in giving.items() if some))).members
    for name, some in giving.items():
        people = [f"list {each}" if is_nested(entry) else each for each, entry in members.get(name, {}).items()]
        for role in some:
            held[role].update(people)
    for item in holders.lists.values():
        for role in roles.intersection(item.spec.owner_grants.roles):
            held[role].update(owner.name for owner in item.spec.owners)
    return {role: sorted(people) for role, people in held.items()}


def _finding(role: str, what: tuple[str, ...], people: list[str]) -> Finding:
    shown = ", ".join(people[:SHOWN]) + (f" and {len(people) - SHOWN:,} more" if len(people) > SHOWN else "")
    who = f"{len(people):,} {'has' if len(people) == 1 else 'have'} it: {shown}." if people else "Nobody has it yet."
    return Finding(
        "wildcard_app_labels",
        "error",
        f"The role {role} gives everybody who has it every {' and every '.join(each.rstrip('s') for each in what)} of"
        f" Okta that there is: its labels ask for nothing that only some have. {who} Name the labels of those that are"
        f" meant: idsync edit role/{role}.",
    )
