"""Who has the app, under which name, and what becomes of everyone that the directory holds for us.

Works from the index alone, so that people who stay as they are cost one look each.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

import msgspec

from idsync.compiler.absences import Absences
from idsync.compiler.causes import user_cause
from idsync.compiler.directory_names import DirectoryNames
from idsync.compiler.doubts import name_taken, relabelled, suspension_ignored, twins, unknown_status
from idsync.config.settings import Settings, SuspendedPeople
from idsync.model.agreed_past import NOTHING_PAST, AgreedPast, FormerName
from idsync.model.directory import Reason, Why
from idsync.model.directory_index import DirectoryIndex
from idsync.model.findings import Finding
from idsync.model.identity import (
    ACCESS_STATUSES,
    OUT_STATUSES,
    SUSPENDED,
    IdentityUser,
    LeftAsIs,
    Snapshot,
)
from idsync.model.names import twin_keys


class Former(msgspec.Struct, frozen=True, gc=False):
    """Who had a name before the person who has it now, by Okta id, and why they do not have it any more."""

    okta_id: str
    why: Why


class Pool(msgspec.Struct, frozen=True):
    """The outcome for each person.

    `present` are people to have, by directory name, and `names` their names by Okta id; `suspended` are those of them
    to keep locked. `renamed` maps a new name to the old one. `leaving` says why a name of ours goes, and `passed` who
    loses a name of ours that goes to another person; `gone` are people whose account a hand took, each with the name
    that they have no more. `held` are names to leave exactly as they are, memberships included. `shown_out` are names
    of people whom Okta itself shows as deactivated or suspended. `claimed` are names of present people that a foreign
    user has. `lent` are names of accounts by which somebody else may sign in already: their person is renamed in Okta,
    and another one has the name there. `size` counts the people whose status lets them have access; `aside` are those
    of them who are not among the `present`, since they are held.
    """

    present: dict[str, IdentityUser]
    names: dict[str, str]
    suspended: frozenset[str]
    renamed: dict[str, str]
    leaving: dict[str, Why]
    passed: dict[str, Former]
    gone: tuple[tuple[str, Former], ...]
    held: frozenset[str]
    shown_out: frozenset[str]
    claimed: frozenset[str]
    lent: frozenset[str]
    size: int
    findings: tuple[Finding, ...]
    aside: tuple[IdentityUser, ...] = ()

    @property
    def names_left(self) -> frozenset[str]:
        """Names whose memberships go with the person who had them."""
        gone = (name for name, _ in self.gone if name not in self.present)
        return frozenset(self.leaving).union(self.passed, gone)


def foreign_in_the_way(snapshot: Snapshot, index: DirectoryIndex) -> frozenset[str]:
    """Foreign users under the new names of people whom the directory has for us: they must be looked at whole."""
    foreign = {name for name, entry in index.users.items() if entry.okta_id is None}
    claimants = [user for user in snapshot.users if user.username in foreign] if foreign else []
    known = {entry.okta_id for entry in index.users.values()} if claimants else set()
    return frozenset(user.username for user in claimants if user.id in known)


def admitted_statuses(settings: Settings) -> frozenset[str]:
    """The Okta statuses with which somebody who has the app is in the pool, behind a lock or without one."""
    if settings.integration.users.suspended is SuspendedPeople.DELETE:
        return ACCESS_STATUSES
    return ACCESS_STATUSES | {SUSPENDED}


def resolve_pool(
    settings: Settings,
    snapshot: Snapshot,
    index: DirectoryIndex,
    adoptable: frozenset[str] = frozenset(),
    past: AgreedPast = NOTHING_PAST,
) -> Pool:
    """Decide for each identity and for each user of ours; every doubt becomes a finding and its person is held.

    `adoptable` are those of `foreign_in_the_way` whom we may take over; `past` knows whose account a hand took.
    """
    draft = _Draft(index, adoptable)
    draft.leave(row for row in snapshot.left_as_is if row.kind == "user")
    candidates = draft.admit(snapshot.users, settings.integration.users.suspended)
    candidates = draft.set_twins_aside(candidates)
    for user in draft.settle_as_they_are(candidates):
        draft.settle(user)
    draft.dismiss(snapshot, [each for each in past.former if each.by_hand])
    return draft.pool()


class _Draft:
    """The decisions while they are being made."""

    def __init__(self, index: DirectoryIndex, adoptable: frozenset[str]) -> None:
        self._index = index
        self._adoptable = adoptable
        self._names = DirectoryNames(index)
        self._ids: frozenset[str] = frozenset()
        self._unknown: frozenset[str] = frozenset()
        self._unread: list[LeftAsIs] = []
        self._present: dict[str, IdentityUser] = {}
        self._suspended: set[str] = set()
        self._renamed: dict[str, str] = {}
        self._leaving: dict[str, Why] = {}
        self._passed: dict[str, str] = {}
        self._formers: dict[str, Former] = {}
        self._gone: list[tuple[str, Former]] = []
        self._held: set[str] = set()
        self._shown_out: set[str] = set()
        self._reserved: set[str] = set()
        self._claimed: set[str] = set()
        self._lent: set[str] = set()
        self._admitted: list[IdentityUser] = []
        self._findings: list[Finding] = []

    def pool(self) -> Pool:
        """The decisions, made."""
        return Pool(
            present=self._present,
            names={user.id: name for name, user in self._present.items()},
            suspended=frozenset(self._suspended),
            renamed=self._renamed,
            leaving=self._leaving,
            passed=self._formers,
            gone=tuple(self._gone),
            held=frozenset(self._held),
            shown_out=frozenset(self._suspended | self._shown_out),
            claimed=frozenset(self._claimed),
            lent=frozenset(self._lent.intersection(self._leaving)),
            size=len(self._admitted),
            findings=tuple(self._findings),
            aside=self._aside(),
        )

    def _aside(self) -> tuple[IdentityUser, ...]:
        if len(self._admitted) == len(self._present):
            return ()
        return tuple(user for user in self._admitted if self._present.get(user.username) is not user)

    def _is_anothers(self, user: IdentityUser) -> bool:
        """Whether the directory's user of this person's name is another person's, who is there under a new name."""
        entry = self._index.users.get(user.username)
        if entry is None or entry.okta_id is None or entry.okta_id == user.id:
            return False
        return entry.okta_id in self._ids and user.username in self._names.of(entry.okta_id)

    def _is_a_leavers(self, user: IdentityUser) -> bool:
        """Whether the directory's user of this person's name is another person's, who has left."""
        entry = self._index.users.get(user.username)
        if entry is None or not entry.okta_id or entry.okta_id == user.id:
            return False
        return entry.okta_id not in self._ids and entry.okta_id not in self._unknown

    def leave(self, rows: Iterable[LeftAsIs]) -> None:
        """Note rows of people that cannot be read."""
        self._unread = list(rows)

    def admit(self, users: Iterable[IdentityUser], suspended: SuspendedPeople) -> list[IdentityUser]:
        """Those whose Okta status lets them have access, or is kept behind a lock."""
        admitted: list[IdentityUser] = []
        unknown: list[IdentityUser] = []
        for user in users:
            status = user.status
            if status in ACCESS_STATUSES:
                admitted.append(user)
            elif status == SUSPENDED:
                if suspended is SuspendedPeople.DELETE:
                    continue
                admitted.append(user)
                if suspended is SuspendedPeople.LOCK:
                    self._suspended.add(user.username)
                else:
                    self._findings.append(suspension_ignored(user))
            elif status not in OUT_STATUSES:
                unknown.append(user)
        self._admitted = admitted
        self._ids = frozenset(user.id for user in admitted)
        self._unknown = frozenset([*(user.id for user in unknown), *(row.id for row in self._unread if row.id)])
        if self._names.some_have_several:
            self._names.bearers = {user.username: user.id for user in (*unknown, *admitted)}
        self._hold(unknown)
        self._findings.extend(unknown_status(user) for user in unknown)
        for row in self._unread:
            self._held.update(self._names.of(row.id) if row.id else [])
            self._reserved.update([row.name] if row.name else [])
        return admitted

    def set_twins_aside(self, users: list[IdentityUser]) -> list[IdentityUser]:
        """Hold people whose names differ by case or Unicode form only."""
        keys = twin_keys([user.username for user in users])
        if len(set(keys)) == len(keys):
            return users
        by_key: dict[str, list[IdentityUser]] = defaultdict(list)
        for key, user in zip(keys, users, strict=True):
            by_key[key].append(user)
        for group in by_key.values():
            if len(group) > 1:
                self._hold(group)
                self._findings.append(twins(group))
        return [group[0] for group in by_key.values() if len(group) == 1]

    def settle_as_they_are(self, users: list[IdentityUser]) -> list[IdentityUser]:
        """Accept everyone whose directory entry already carries their Okta id, and newcomers whose name is free.

        Return the rest for `settle`.
        """
        if self._names.some_have_several:
            return users
        entries, present, names, held = self._index.users, self._present, self._names.by_id, self._held | self._reserved
        others = []
        for user in users:
            name, entry = user.username, entries.get(user.username)
            settled = user.id not in names and name not in held if entry is None else entry.okta_id == user.id
            if settled:
                present[name] = user
            else:
                others.append(user)
        return others

    def settle(self, user: IdentityUser) -> None:
        """Decide one person: as they are, new, renamed, or held because another has the name."""
        name = user.username
        entry = self._index.users.get(name)
        if entry is not None and entry.okta_id == user.id:
            self._accept(user, self._names.of(user.id))
            return
        old_names = self._names.of(user.id)
        if entry is not None and self._is_anothers(user):
            if user.status in ACCESS_STATUSES:
                self._lent.add(name)
            self._refuse(user, f"still belongs to Okta user {entry.okta_id}, who is being renamed")
        elif name in self._held or name in self._reserved:
            self._refuse(user, "is held for another person")
        elif entry is not None and entry.okta_id is None:
            self._claim(user, old_names)
        elif entry is not None and old_names and self._is_a_leavers(user):
            self._refuse(user, f"still belongs to Okta user {entry.okta_id}, who is leaving")
        else:
            if entry is not None and entry.okta_id:
                if self._is_a_leavers(user):
                    self._passed[name] = entry.okta_id
                else:
                    self._findings.append(relabelled(user, entry.okta_id))
            self._accept(user, old_names)

    def _accept(self, user: IdentityUser, old_names: list[str]) -> None:
        name = user.username
        self._present[name] = user
        stale = [old for old in old_names if old != name]
        if stale and name not in old_names:
            self._renamed[name] = min(stale)
        for old in stale:
            self._leaving[old] = Why(Reason.RENAMED, (user_cause(user),))

    def _claim(self, user: IdentityUser, old_names: list[str]) -> None:
        if old_names and user.username not in self._adoptable:
            self._refuse(user, "belongs to a user that is not ours")
        else:
            self._claimed.add(user.username)
            self._accept(user, old_names)

    def dismiss(self, snapshot: Snapshot, taken: Collection[FormerName]) -> None:
        """Say why every other user of ours leaves, and why people lose names: those that others have now, and those
        that a hand has `taken` from them before.
        """
        absences = Absences(snapshot, self._ids)
        may_be_anybody = any(not row.id for row in self._unread)
        entries = self._index.users

        def absence(okta_id: str, name: str) -> Why:
            if absences.is_shown(okta_id):
                self._shown_out.add(name)
            return absences.why(okta_id, name)

        for name in sorted(entries.keys() - self._present.keys() - self._held - self._leaving.keys()):
            okta_id = entries[name].okta_id
            if okta_id is not None and may_be_anybody and not absences.is_certain(okta_id):
                self._held.add(name)
            elif okta_id is not None:
                self._leaving[name] = absence(okta_id, name)
        self._formers = {name: Former(okta_id, absence(okta_id, name)) for name, okta_id in self._passed.items()}
        names = {user.id: user for user in self._present.values()} if taken else {}
        for each in taken:
            person, entry = names.get(each.okta_id), entries.get(each.name)
            foreign = entry is not None and entry.okta_id is None
            if foreign or each.name in self._held or each.okta_id in self._unknown:
                continue
            unsure = may_be_anybody and not absences.is_certain(each.okta_id)
            if person is None and each.okta_id not in self._ids and not unsure:
                self._gone.append((each.name, Former(each.okta_id, absence(each.okta_id, each.name))))
            elif person is not None and person.username != each.name:
                self._gone.append((each.name, Former(each.okta_id, Why(Reason.RENAMED, (user_cause(person),)))))

    def _refuse(self, user: IdentityUser, why: str) -> None:
        self._hold([user])
        self._findings.append(name_taken(user, why))

    def _hold(self, users: Iterable[IdentityUser]) -> None:
        for user in users:
            self._held.update(self._names.of(user.id))
            if self._is_a_leavers(user):
                self._reserved.add(user.username)  # the account goes, and nobody else takes the name
            elif not self._is_anothers(user):
                self._held.add(user.username)
