"""What the rest of the store says of the journal: runs, serial, objects and differences must tell the same story.

Somebody who cuts entries off the journal and sets its end back leaves these behind.
"""

from collections.abc import Callable, Collection, Iterable, Iterator

from idsync.model.addresses import Address, split_address
from idsync.model.journal import (
    LOCAL,
    Entry,
    LocksSwept,
    MadeByHand,
    RunFinished,
    RunStarted,
    StepMade,
)
from idsync.model.member_fingerprint import MODULUS, sum_from_bytes
from idsync.stores.tables.connection import Connection
from idsync.stores.tables.details import PlainHashes, hash_of, plain
from idsync.stores.tables.statements import Statements

_SQL = Statements("testimony.sql")
_PRINTS = {"user": "user_prints", "lock": "lock_prints", "access_list": "access_list_prints"}


Who = tuple[int, int]
"""How many members a list has, and the sum of the hashes of their names."""
NOBODY: Who = (0, 0)
Memberships = Iterable[tuple[str, bytes, list[str]]]
"""List, details and members, one for each distinct details of a list."""


class Story:
    """What the entries told so far come to: which runs there were, the serial, and which objects there should be."""

    def __init__(self) -> None:
        self.runs: dict[int, tuple[str, str, int]] = {}
        self.finished: set[int] = set()
        self.hands: dict[int, Address] = {}
        self.objects: dict[Address, str] = {}
        self.members: dict[str, Who] = {}
        self._hashes = PlainHashes()
        self.knows_all = True
        self.serial = 0
        self.most_since = 0

    def tell(self, sequence: int, entry: Entry) -> str:
        """Take one entry in; what is wrong with the story then, if anything."""
        match entry:
            case RunStarted():
                if entry.run != len(self.runs) + 1:
                    return f"entry {sequence} begins run {entry.run}, and {len(self.runs)} runs came before it"
                self.runs[entry.run] = (entry.plan, entry.at, sequence)
            case RunFinished():
                if not self.serial <= entry.serial <= self.serial + self.most_since:
                    return f"entry {sequence} says serial {entry.serial}, which does not follow from those before it"
                self.finished.add(entry.run)
                self.serial, self.most_since = entry.serial, 0
            case MadeByHand() if entry.target == LOCAL:
                self.hands[sequence] = entry.address
                self._moved_by_hand(entry)
            case LocksSwept() if entry.target == LOCAL:
                self.most_since += 1
                for name in entry.locks:
                    self.objects.pop(Address(f"lock/{name}"), None)
            case StepMade() if entry.target == LOCAL:
                self._step(entry)
            case _:
                pass
        return ""

    def _step(self, entry: StepMade) -> None:
        self.most_since += 1
        kind, name = split_address(entry.address)
        if entry.action != "delete" and entry.after is None:
            self.knows_all = False  # an entry of schema 1
        self._is_now(entry.address, entry.after if entry.action != "delete" else None)
        if kind == "access_list":
            if entry.action == "delete":
                self.members.pop(name, None)
            else:
                self._joined(name, entry.members_added)
                self._joined(name, entry.members_removed, times=-1)

    def _moved_by_hand(self, entry: MadeByHand) -> None:
        self.most_since += 1
        kind, name = split_address(entry.address)
        if kind != "access_list_member":
            self._is_now(entry.address, entry.after)
            if kind == "access_list" and entry.after is None:
                self.members.pop(name, None)
            return
        access_list, _, member = name.partition("/")
        self._joined(access_list, (member,), times={"create": 1, "update": 0, "delete": -1}[entry.action])

    def _joined(self, access_list: str, members: Collection[str], times: int = 1) -> None:
        count, total = self.members.get(access_list, NOBODY)
        self.members[access_list] = (count + times * len(members), total + times * self.who(members))

    def who(self, members: Iterable[str]) -> int:
        """Who these people are, as one number: the sum of the hashes of their names."""
        return sum(map(self._hashes.__getitem__, members))

    def _is_now(self, address: Address, fingerprint: str | None) -> None:
        if fingerprint is None:
            self.objects.pop(address, None)
        else:
            self.objects[address] = fingerprint


def contradiction(connection: Connection, story: Story, memberships: Callable[[], Memberships]) -> str:
    """The first thing in the store that the journal's story does not explain; empty where it explains everything.

    Entries of schema 1 do not tell enough to compare the serial and the objects with.
    """
    found = _of_runs(connection, story) or _of_differences(connection, story)
    if found or not story.knows_all:
        return found
    return (
        _of_serial(connection, story) or _of_objects(connection, story) or _of_members(connection, story, memberships())
    )


def _of_runs(connection: Connection, story: Story) -> str:
    found = 0
    for number, plan, at, first, finished in connection.chunks(_SQL["runs"]):
        if number not in story.runs:
            return f"run {number} is in the store, and its entries are missing"
        if story.runs[number][:2] != (plan, at) or not 0 <= story.runs[number][2] - first <= 1:
            return f"run {number} is in the store as another one than the journal tells of"
        if bool(finished) != (number in story.finished):
            return f"run {number} is in the store as {'finished' if finished else 'broken off'}, and not in the journal"
        found += 1
    if found == len(story.runs):  # each of the store's is one of the journal's: none is missing
        return ""
    kept = {number for number, *_ in connection.chunks(_SQL["runs"])}
    return f"run {min(story.runs.keys() - kept)} is in the journal, and not among the store's runs"


def _of_serial(connection: Connection, story: Story) -> str:
    (serial,) = connection.row(_SQL["serial"]) or (0,)
    least, most = story.serial, story.serial + story.most_since
    if least <= serial <= most:
        return ""
    told = f"{least}" if least == most else f"{least} to {most}"
    return f"the directory's serial is {serial}, and the journal's entries come to {told}"


def _of_differences(connection: Connection, story: Story) -> str:
    for address, entry in connection.rows(_SQL["edited"]):
        if entry not in story.hands:
            return f"{address} was edited in entry {entry}, which is missing or another one"
    return ""


def _of_objects(connection: Connection, story: Story) -> str:
    told = dict(story.objects)
    for kind, statement in _PRINTS.items():
        for name, fingerprint in connection.chunks(_SQL[statement]):
            if name is None or fingerprint is None:
                return f"a row of the directory's {kind.replace('_', ' ')}s is empty, or cut short"
            address = Address(f"{kind}/{name}")
            if told.pop(address, None) != fingerprint.hex():
                return f"{address} is not what the journal's last entry about it says"
    for address, fingerprint in connection.chunks(_SQL["plain_prints"]):
        if address is None or fingerprint is None:
            return "a row of the directory's resources is empty, or cut short"
        if told.pop(Address(address), None) != fingerprint.hex():
            return f"{address} is not what the journal's last entry about it says"
    if told:
        return f"{min(told)} is in the journal, and not in the directory"
    return ""


def _named(memberships: Memberships) -> Iterator[tuple[str, bytes, list[str]]]:
    """The memberships; one of no list, at the end, where somebody's name is not kept."""
    try:
        yield from memberships
    except KeyError:
        yield "", b"", []


def _of_members(connection: Connection, story: Story, memberships: Memberships) -> str:
    """Who is in each list: by the journal, and by what the store keeps of it to compare it with."""
    people: dict[str, Who] = {}
    sums: dict[str, int] = {}
    for name, details, members in _named(memberships):
        if not name:
            return "a membership is of a person whose name is missing"
        who = story.who(members)
        count, total = people.get(name, NOBODY)
        people[name] = (count + len(members), total + who)
        added = who if plain(details) else sum(hash_of(member, details) for member in members)
        sums[name] = sums.get(name, 0) + added
    for name, count, kept in connection.chunks(_SQL["list_counts"]):
        told, found = story.members.get(name, NOBODY), people.get(name, NOBODY)
        if told[0] != count or told[0] != found[0]:
            there = count if told[0] != count else found[0]
            return f"access_list/{name} has {there:,} members, and the journal's entries come to {told[0]:,}"
        if told != found:
            return f"access_list/{name} has other members than the journal's entries come to"
        if sum_from_bytes(kept) != sums.get(name, 0) % MODULUS:
            return f"access_list/{name} has memberships that somebody changed past idsync"
    return ""
