"""Remembers what was compiled, so that a plan looks only at what moved since. A memo can be thrown away at any time.

It says: from these inputs, under this configuration, the directory had these fingerprints when it was as desired.
Whoever has the same inputs and still has the same fingerprints is as desired, and need not be looked at.
"""

from collections.abc import Container
from hashlib import blake2b

import msgspec

from idsync.compiler.compile import Compilation, Inputs
from idsync.compiler.subjects import Subject
from idsync.config.settings import Settings
from idsync.model.addresses import access_list_address, user_address
from idsync.model.directory import AccessListEntry, DirectoryIndex, Scope
from idsync.model.identity import IdentityUser

COMPILER_VERSION = "1"
"""Raise it whenever the same inputs compile to something else."""
FEW = 16
"""So many people who moved are searched for in unread member lists; for more, every list is read."""


class PersonMemo(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A person who was as desired: the name, a hash of what they were compiled from, the fingerprint of the user."""

    name: str
    basis: bytes
    fingerprint: str


class ListMemo(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A list that was as desired; both fingerprints are empty where there was to be none."""

    basis: bytes
    fingerprint: str
    members_fingerprint: str


class Memo(msgspec.Struct, frozen=True, array_like=True):
    """Everyone and everything that was as desired, by Okta id."""

    context: str
    people: dict[str, PersonMemo]
    lists: dict[str, ListMemo]


class Bases(msgspec.Struct, frozen=True):
    """Hashes of what each person and each list is compiled from, by Okta id."""

    people: dict[str, bytes]
    lists: dict[str, bytes]


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
    group_roles = inputs.roles.group_roles
    return Bases(
        {user.id: _person_basis(user, group_roles(user.id)) for user in inputs.pool.present.values()},
        {subject.id: _list_basis(subject) for subject in inputs.subjects},
    )


def narrowed(memo: Memo | None, inputs: Inputs, bases: Bases, held: frozenset[str]) -> Scope | None:
    """The people and lists that may not be as desired, or None when nothing is known; `held` are all to leave alone."""
    if memo is None or memo.context != context_of(inputs.settings):
        return None
    pool, index = inputs.pool, inputs.index
    users = {*pool.leaving, *pool.claimed, *pool.renamed.keys(), *pool.renamed.values()}
    users |= held & index.users.keys()
    moved = memo.people.keys() - pool.names.keys()
    for name, identity in pool.present.items():
        known = memo.people.get(identity.id)
        if known is None or known.name != name or name in held:
            moved.add(identity.id)
            users.add(name)
            continue
        entry = index.users.get(name)
        if entry is None or entry.fingerprint != known.fingerprint or known.basis != bases.people[identity.id]:
            users.add(name)
    ours = {name for name, entry in index.access_lists.items() if entry.ours}
    lists = ours if pool.renamed else ours - bases.lists.keys()  # any list may name a renamed person as its owner
    for subject in inputs.subjects:
        entry_now = index.access_lists.get(subject.id)
        if not _as_remembered(memo.lists.get(subject.id), bases.lists[subject.id], entry_now) or _has_any(
            subject, moved
        ):
            lists.add(subject.id)
    return Scope(frozenset(users), frozenset(lists))


def remembered(
    inputs: Inputs,
    bases: Bases,
    compilation: Compilation,
    index: DirectoryIndex,
    *,
    pending: Container[str],
    before: Memo | None,
    scope: Scope | None,
) -> Memo:
    """The memo of a directory whose brief is `index`, as desired except for the `pending` addresses.

    What lies outside `scope` was not looked at, and is as `before` says.
    """
    old = before if before is not None and scope is not None else Memo("", {}, {})
    people = {}
    for name, identity in inputs.pool.present.items():
        entry = index.users.get(name)
        if scope is not None and name not in scope.users:
            people[identity.id] = old.people[identity.id]
        elif entry is not None and name not in compilation.held:
            # Who is not as desired, or of note, is known without a basis: looked at each time, and missed on leaving.
            settled = name not in compilation.noticed and user_address(name) not in pending
            people[identity.id] = PersonMemo(name, bases.people[identity.id] if settled else b"", entry.fingerprint)
    lists = {}
    for subject in inputs.subjects:
        if scope is not None and subject.id not in scope.access_lists:
            lists[subject.id] = old.lists[subject.id]
        elif access_list_address(subject.id) not in pending and not _unsettled(compilation, subject.id):
            lists[subject.id] = _list_memo(bases.lists[subject.id], index.access_lists.get(subject.id))
    return Memo(context_of(inputs.settings), people, lists)


def _unsettled(compilation: Compilation, access_list: str) -> bool:
    """Whether a list is of note, or has a member only because they are held: it differs when they no longer are."""
    if access_list in compilation.noticed_lists:
        return True
    return not compilation.held.isdisjoint(compilation.desired.members.get(access_list, ()))


def _person_basis(user: IdentityUser, group_roles: tuple[str, ...]) -> bytes:
    names = "\0".join((user.id, user.username, *group_roles))
    return blake2b(b"\0".join((names.encode(), user.profile)), digest_size=16).digest()


def _list_basis(subject: Subject) -> bytes:
    names = "\0".join((subject.kind, subject.name, subject.description))
    return blake2b(b"\0".join((names.encode(), subject.raw_members)), digest_size=16).digest()


def _list_memo(basis: bytes, entry: AccessListEntry | None) -> ListMemo:
    return ListMemo(basis, "", "") if entry is None else ListMemo(basis, entry.fingerprint, entry.members_fingerprint)


def _as_remembered(known: ListMemo | None, basis: bytes, entry: AccessListEntry | None) -> bool:
    if known is None or known.basis != basis or (entry is not None and not entry.ours):
        return False
    return known == _list_memo(basis, entry)


def _has_any(subject: Subject, moved: set[str]) -> bool:
    if not moved:
        return False
    if len(moved) > FEW:
        return not moved.isdisjoint(subject.member_ids())
    raw = bytes(subject.raw_members)
    return any(user_id.encode() in raw for user_id in moved)
