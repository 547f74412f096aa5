"""Remembers what was compiled, so that a plan looks only at what moved since. A memo can be thrown away at any time.

It says: from these inputs, under this configuration, the directory had these fingerprints when it was as desired.
A person with the same inputs and the same fingerprints is as desired, and need not be looked at.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from hashlib import blake2b

import msgspec

from idsync.compiler.app_groups import address_of_subject, links_of, role_addresses
from idsync.compiler.compile import Compilation
from idsync.compiler.inputs import Inputs
from idsync.compiler.measures import Shape, count_attributes
from idsync.compiler.subjects import Subject
from idsync.config.settings import Settings
from idsync.model.addresses import Address, access_list_address, split_address, user_address
from idsync.model.directory import Names
from idsync.model.directory_index import DirectoryIndex
from idsync.model.identity import IdentityUser
from idsync.model.ownership import list_of_role

COMPILER_VERSION = "6"
"""Raise it whenever the same inputs compile to something else."""
FEW = 16
"""Up to this many people who moved are searched for in unread member lists; for more, every list is read."""


class Checked(msgspec.Struct, frozen=True, array_like=True):
    """What was found of trait rules, by their places: somebody whom each matches and, where nobody is, what is meant.

    `basis` is a digest of the people of whom nobody was.
    """

    witnesses: dict[int, str] = {}
    basis: str = ""
    meant: dict[int, tuple[str, ...]] = {}
    near: frozenset[int] = frozenset()
    """Rules that match nobody only for letter case, which another finding tells."""


class Memo(msgspec.Struct, frozen=True, array_like=True):
    """What was as desired when the directory's brief was `index`: hashes of what it was compiled from, by Okta id.

    An empty hash marks somebody not yet as desired, or with a standing warning: they are recompiled in every plan, and
    their disappearance is noticed. `shapes` says which attributes everybody in the pool has a value of: the first of
    `known_shapes`, unless `shapes` names another by its place.
    """

    context: str
    index: DirectoryIndex
    people: dict[str, bytes]
    lists: dict[str, bytes]
    attributes: dict[str, int] = {}
    known_shapes: tuple[Shape, ...] = ()
    shapes: dict[str, int] = {}
    checked: Checked = Checked()
    resources: dict[str, bytes] = {}


class Bases(msgspec.Struct, frozen=True):
    """Hashes of what each person, each list, and each app or group as a resource is compiled from, by Okta id."""

    people: dict[str, bytes]
    lists: dict[str, bytes]
    resources: dict[str, bytes] = {}


def encode_memo(memo: Memo) -> bytes:
    """The memo as bytes for a cache."""
    return msgspec.msgpack.encode(memo)


def decode_memo(data: bytes | None) -> Memo | None:
    """The memo in a cache; None when there is none, or it is not one of ours."""
    if data is None:
        return None
    try:
        return msgspec.msgpack.decode(data, type=Memo)
    except msgspec.DecodeError:
        return None


def context_of(settings: Settings) -> str:
    """What every memo depends on besides the inputs: the configuration and the compiler."""
    return f"{COMPILER_VERSION} {settings.digest}"


def bases_of(inputs: Inputs) -> Bases:
    """Hash what everyone and everything is compiled from: one look each."""
    by_groups = inputs.roles.people_with_group_roles()
    people = {user.id: _person_basis(user) for user in inputs.pool.present.values()}
    for okta_id in by_groups & people.keys():
        people[okta_id] += inputs.roles.group_basis(okta_id)
    lists = {subject.id: _list_basis(subject) for subject in inputs.subjects}
    links = links_of(inputs.app_groups)
    return Bases(people, lists, {each.id: _resource_basis(each, links.get(each.id, ())) for each in inputs.app_groups})


def narrowed(memo: Memo, inputs: Inputs, bases: Bases, held: frozenset[str], owned_by_renamed: frozenset[str]) -> Names:
    """The people and lists that may not be as desired, by a memo of this context.

    `held` are all to leave alone; `owned_by_renamed` are lists of which a renamed person is an owner.
    """
    pool, index = inputs.pool, inputs.index
    known = memo.people
    differing = {okta_id for okta_id, basis in bases.people.items() if known.get(okta_id) != basis}
    names = {pool.names[okta_id] for okta_id in differing}
    held_ids = {pool.present[name].id for name in (held | pool.claimed) & pool.present.keys()}
    # People who were not in the pool under the same name, or no longer are, move in and out of lists.
    moved = held_ids | {okta_id for okta_id in differing if _was_elsewhere(memo, okta_id, pool.names[okta_id])}
    moved |= known.keys() - bases.people.keys()
    users = {*names, *pool.leaving, *pool.passed, *pool.claimed, *pool.renamed.keys(), *pool.renamed.values()}
    users |= held & index.users.keys() | _edited_users(memo, index)
    ours = {name for name, entry in index.access_lists.items() if entry.ours}
    lists: set[str] = ours - bases.lists.keys()
    lists |= (owned_by_renamed & ours) | _edited_lists(memo, index)
    lists |= {
        subject.id
        for subject in inputs.subjects
        if memo.lists.get(subject.id) != bases.lists[subject.id] or _has_any(subject, moved)
    }
    there = frozenset(name for name in users if name in index.users or name in pool.present)  # few are asked about
    plain, lists_of_roles = _moved_resources(memo, inputs, bases)
    lists |= lists_of_roles
    sync = inputs.settings.integration.sync
    if sync.app_groups and sync.access_lists:
        plain |= {each for name in lists for each in role_addresses(name)}
    return Names(there, frozenset(lists), frozenset(plain))


def _moved_resources(memo: Memo, inputs: Inputs, bases: Bases) -> tuple[set[Address], set[str]]:
    """Apps, groups and roles that may not be as desired, and the lists whose roles are among them."""
    sync, index = inputs.settings.integration.sync, inputs.index
    if not sync.app_groups:
        return set(), set()
    subjects = {address_of_subject(subject): subject.id for subject in inputs.app_groups}
    moved = {
        address for address, okta_id in subjects.items() if memo.resources.get(okta_id) != bases.resources[okta_id]
    }
    before, now = memo.index.plain, index.plain
    if now is not before:
        moved |= {address for address in before.keys() | now.keys() if before.get(address) != now.get(address)}
    roles = {}
    for address, entry in now.items():
        kind, name = split_address(address)
        if kind == "role":
            roles[address] = list_of_role(name)
        elif entry.ours and address not in subjects:
            moved.add(address)
    lists: set[str] = set()
    if sync.access_lists:
        there = {name for name, entry in index.access_lists.items() if entry.ours}
        moved |= {each for each, of in roles.items() if now[each].ours and of not in there}
        lists |= {of for each in moved if (of := roles.get(each)) is not None and of in there}
        lists |= {of for each in moved - now.keys() if (of := list_of_role(split_address(each)[1])) in there and of}
    return moved, lists


def remembered(
    inputs: Inputs,
    bases: Bases,
    compilation: Compilation,
    index: DirectoryIndex,
    *,
    pending: Container[str],
    before: Memo | None,
    within: Names | None,
    attributes: Mapping[str, int],
    checked: Checked,
) -> Memo:
    """The memo of a directory whose brief is `index`, as desired except for the `pending` addresses.

    What lies outside `within` was not looked at, and is as `before` says.
    """
    old = before if before is not None and within is not None else Memo("", index, {}, {})
    has_users = inputs.settings.integration.sync.users  # where users are not managed, people still are in lists
    people = {}
    for name, identity in inputs.pool.present.items():
        if within is not None and name not in within.users:
            people[identity.id] = old.people[identity.id]
        elif name not in compilation.held and (name in index.users or not has_users):
            settled = name not in compilation.noticed and user_address(name) not in pending
            people[identity.id] = bases.people[identity.id] if settled else b""
    lists = {}
    for subject in inputs.subjects:
        if within is not None and subject.id not in within.access_lists:
            lists[subject.id] = old.lists[subject.id]
        elif access_list_address(subject.id) not in pending and not _unsettled(compilation, index, subject.id):
            lists[subject.id] = bases.lists[subject.id]
    resources = {}
    for subject in inputs.app_groups:
        address = address_of_subject(subject)
        if within is not None and address not in within.plain:
            resources[subject.id] = old.resources[subject.id]
        elif address not in pending and subject.id not in compilation.noticed_resources and _is_ours(index, address):
            resources[subject.id] = bases.resources[subject.id]
    shapes = _shapes_now(inputs, compilation, old)
    known = tuple(shape for shape, _ in Counter(shapes.values()).most_common())
    places = {shape: place for place, shape in enumerate(known)}
    return Memo(
        context_of(inputs.settings),
        index,
        people,
        lists,
        dict(attributes),
        known,
        {okta_id: places[shape] for okta_id, shape in shapes.items() if places[shape] or okta_id not in people},
        checked,
        resources,
    )


def attributes_now(memo: Memo, compiled: Mapping[str, Shape], present: Container[str]) -> dict[str, int]:
    """How many people have a value of each attribute: as the memo counted, but for people who were compiled or left."""
    before = dict(_shapes_of(memo, [*compiled, *(okta_id for okta_id in _counted(memo) if okta_id not in present)]))
    counts = Counter(memo.attributes)
    counts.subtract(count_attributes(before.values()))
    counts.update(count_attributes(compiled.values()))
    return {attribute: people for attribute, people in sorted(counts.items()) if people}


def _shapes_now(inputs: Inputs, compilation: Compilation, old: Memo) -> dict[str, Shape]:
    remaining = [okta_id for okta_id in inputs.pool.names if okta_id not in compilation.shapes]
    return {**dict(_shapes_of(old, remaining)), **compilation.shapes}


def _counted(memo: Memo) -> Iterable[str]:
    return memo.people.keys() | memo.shapes.keys()


def _shapes_of(memo: Memo, people: Iterable[str]) -> Iterable[tuple[str, Shape]]:
    for okta_id in people:
        place = memo.shapes.get(okta_id, 0 if okta_id in memo.people else None)
        if place is not None and memo.known_shapes:
            yield okta_id, memo.known_shapes[place]


def _was_elsewhere(memo: Memo, okta_id: str, name: str) -> bool:
    entry = memo.index.users.get(name)
    return okta_id not in memo.people or entry is None or entry.okta_id != okta_id


def _edited_users(memo: Memo, index: DirectoryIndex) -> set[str]:
    """Users whom somebody changed, made or removed since; at the same serial nobody did."""
    before, now = memo.index.users, index.users
    if now is before:
        return set()
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _edited_lists(memo: Memo, index: DirectoryIndex) -> set[str]:
    """Lists that somebody changed, made or removed since, members included."""
    before, now = memo.index.access_lists, index.access_lists
    if now is before:
        return set()
    return {name for name in before.keys() | now.keys() if before.get(name) != now.get(name)}


def _unsettled(compilation: Compilation, index: DirectoryIndex, access_list: str) -> bool:
    """Whether a list has a finding, is foreign, or has a held member: it may change once nobody is held."""
    entry = index.access_lists.get(access_list)
    if access_list in compilation.noticed_lists or (entry is not None and not entry.ours):
        return True
    members = compilation.desired.members.get(access_list, {})
    return any(name in members for name in compilation.held)  # few are held, and many are members


def _is_ours(index: DirectoryIndex, address: Address) -> bool:
    entry = index.plain.get(address)
    return entry is None or entry.ours


def _resource_basis(subject: Subject, links: Iterable[str]) -> bytes:
    text = "\0".join((subject.kind, subject.name, subject.description, *links))
    return blake2b(text.encode(), digest_size=16).digest()


def _person_basis(user: IdentityUser) -> bytes:
    head = f"{user.id}\0{user.username}\0".encode()
    return blake2b(head + user.profile, digest_size=16).digest()


def _list_basis(subject: Subject) -> bytes:
    head = f"{subject.kind}\0{subject.name}\0{subject.description}\0".encode()
    return blake2b(head + subject.raw_members, digest_size=16).digest()


def _has_any(subject: Subject, moved: set[str]) -> bool:
    if not moved:
        return False
    raw = bytes(subject.raw_members)
    if len(moved) > FEW or b"\\" in raw:  # JSON has more than one spelling of an id
        return not moved.isdisjoint(subject.member_ids())
    return any(user_id.encode() in raw for user_id in moved)
