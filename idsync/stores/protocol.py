"""What the rest of idsync asks of its own database, in its words: leases, the journal, runs, facts, agreed states."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from enum import Enum
from types import TracebackType
from typing import Protocol, Self

import msgspec

from idsync.model.addresses import Address
from idsync.model.agreed_past import AgreedPast
from idsync.model.canonical import Body
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_tables import DirectoryTables
from idsync.model.extent import Extent, Reading
from idsync.model.identity import Snapshot
from idsync.model.journal import Entry, Head, Numbered, Verification
from idsync.model.pushed import PushedGroup, PushedUser, ScimToken
from idsync.model.resources import AccessList, Lock, Membership, User


class Holder(msgspec.Struct, frozen=True):
    """The process that holds a lease: enough to tell people who it is, and machines whether it still lives."""

    process: int
    host: str
    user: str
    since: str
    boot: str = ""
    born: str = ""
    """When the process began, in the system's own count: tells it from a later one with the same number."""

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.process}"


class Lease(msgspec.Struct, frozen=True):
    """That somebody holds a name for themselves, for so many seconds since it was last renewed.

    `token` is a fencing number: it grows with each taking of the name and never comes again, so that who has lost a
    lease without noticing can be told from who has it now.
    """

    name: str
    token: int
    seconds: float


class Leases(Protocol):
    """The locks that keep two processes apart, by name: `target:NAME` for an apply, `leader` for a service."""

    def take(self, name: str, holder: Holder, seconds: float) -> Lease | Holder:
        """The lease, when `holder` has it now; else who has it.

        A lease is free when its holder is known to be dead, or did not renew it for its seconds. Who has it may take it
        again, and the lease from before is lost then.
        """

    def renew(self, lease: Lease) -> None:
        """Begin its seconds again; raises LeaseLost when somebody has taken it since."""

    def check(self, lease: Lease) -> None:
        """Raise LeaseLost when somebody has taken it since; in a transaction, nobody takes it before that ends.

        A lease whose seconds are over and that nobody took is not lost.
        """

    def release(self, lease: Lease) -> None:
        """Give a lease back; no error when it was lost."""

    def holder(self, name: str) -> Holder | None:
        """Who has a lease now, as far as its seconds tell."""


class Replicas(Protocol):
    """The services that use a store, each with a row that it renews as a lease while it runs."""

    def announce(self, holder: Holder) -> Lease:
        """Say that a service runs from now on, and which schema it knows."""

    def leave(self, lease: Lease) -> None:
        """Say that a service ends."""

    def running(self) -> list[tuple[int, Holder]]:
        """The services that run, as far as their rows tell, each with the schema that it knows."""


class Bodies(Protocol):
    """The canonical bytes of every object that was ever here, by fingerprint."""

    def find(self, fingerprints: Collection[str]) -> Mapping[str, bytes]:
        """The bodies of these fingerprints, as far as they are kept."""


class Journal(Protocol):
    """The append-only record; raises StoreError for entries that cannot be read."""

    def append(self, entry: Entry, bodies: Iterable[Body] = ()) -> int:
        """Add an entry, and the bodies that it names, at once or with the transaction that is open.

        Its place in the journal, counted from 1.
        """

    def headlines(self) -> Iterator[Numbered]:
        """Every entry but the steps, oldest first."""

    def latest(self) -> Iterator[Numbered]:
        """Every entry but the steps, the newest first, read as far as they are asked for."""

    def entries(self, run: int | None = None) -> Iterator[Numbered]:
        """Every entry, or those of one run, oldest first."""

    def entries_after(self, sequence: int) -> Iterator[Numbered]:
        """Every entry after this place, the newest first."""

    def verify(self, head: Head | None = None) -> Verification:
        """Whether the journal and the bodies that it names are as written, and whether it goes on from `head`."""

    def head(self) -> Head:
        """Where the journal ends."""


class UnfinishedRun(msgspec.Struct, frozen=True):
    """A run that was broken off."""

    run: int
    started_at: str


class Runs(Protocol):
    """Which plans were run."""

    def next_number(self) -> int:
        """The number of the run to come, counted from 1."""

    def finished(self, plan: str) -> int | None:
        """The run that applied the plan of this digest whole, if any."""

    def unfinished(self, plan: str) -> UnfinishedRun | None:
        """The last run of the plan of this digest, when it was broken off."""


class Facts(Protocol):
    """Small values by key, such as the counts of the last good snapshot; also what can be made again (the cache)."""

    def get(self, key: str) -> bytes | None:
        """The value, or None."""

    def put(self, values: Mapping[str, bytes]) -> None:
        """Set several at once."""

    def delete(self, key: str) -> None:
        """Forget one; a missing one is not an error."""


class Upstream(Protocol):
    """Upstream facts: the last known reading, as full passes, ticks and pushes left it.

    Nothing here reads everybody, but what says so. A person is known by Okta id. Groups and apps are lists here; only
    an app's direct assignments are its members.
    """

    def differing(self, reading: Reading) -> Extent:
        """The people and lists that are not known as this reading has them: what taking it would write."""

    def take(self, reading: Reading) -> Extent:
        """Store a reading; what is absent inside its extent is gone, but for what the reading left as it is.

        Returns the people of whom anything changed, memberships included, and the lists that came, went or are called
        something else.
        """

    def move(self, name: str, joined: Collection[str], left: Collection[str]) -> Extent:
        """Add people to a group or app, and take others out; the list itself is not read. Whose membership changed."""

    def groups_named(self, name: str) -> list[str]:
        """The groups of exactly this name, by id."""

    def is_known(self) -> bool:
        """Whether anything was stored yet."""

    def whole(self) -> Snapshot | None:
        """Everything that is known, in one snapshot; None before the first whole reading."""

    def people(self) -> frozenset[str]:
        """Everybody who has the app, by Okta id."""

    def lists(self) -> Mapping[str, str]:
        """The kind of every list that is known, `group` or `app`, by its id."""

    def part(self, users: Collection[str], lists: Collection[str]) -> Snapshot:
        """These people, every list that any of them is in, and these lists besides; as members these people alone.

        The built-in group Everyone is always among them. What of all this could not be read when it was last asked for
        stands in `left_as_is`, and is as it was before. Groups have the time at which their members last changed, as it
        was when they were read.
        """

    def usernames(self, users: Collection[str]) -> frozenset[str]:
        """The user names of these people, as far as they are known."""

    def named(self, twin_keys: Collection[str]) -> frozenset[str]:
        """The people whose user name has one of these twin keys."""

    def members(self, lists: Collection[str]) -> frozenset[str]:
        """Everybody in any of these lists, people without the app included."""

    def has_others(self, name: str, users: Collection[str], statuses: Collection[str]) -> bool:
        """Whether a list has a member apart from `users` who has the app and one of these Okta statuses.

        Of Everyone, whose members are not stored, that is taken for granted.
        """


class Pushed(Protocol):
    """What SCIM pushed, each resource under its SCIM id. Names are found whatever their letter case."""

    def user(self, scim_id: str) -> PushedUser | None:
        """The user of a SCIM id."""

    def user_named(self, username: str) -> PushedUser | None:
        """The user of a name."""

    def users_with_external_id(self, external_id: str) -> list[PushedUser]:
        """The users with this `externalId`, the oldest first."""

    def users_of(self, okta_id: str) -> list[PushedUser]:
        """The users that stand for a person, the oldest first."""

    def stand_ins(self) -> list[PushedUser]:
        """The users for whom the SCIM id stands, since no Okta id is known, the oldest first."""

    def users(self, offset: int, count: int) -> list[PushedUser]:
        """So many users from this place on, the oldest first."""

    def users_since(self, time: str) -> list[PushedUser]:
        """The users that were pushed at this time or later, the oldest first."""

    def count_users(self) -> int:
        """How many users there are, tombstones included."""

    def put_user(self, user: PushedUser) -> None:
        """Keep a user, in place of what there was under its SCIM id."""

    def delete_user(self, scim_id: str) -> None:
        """Forget a user, and its places in groups."""

    def group(self, scim_id: str) -> PushedGroup | None:
        """The group of a SCIM id."""

    def groups_titled(self, title: str) -> list[PushedGroup]:
        """The groups of a title, the oldest first."""

    def own_groups(self) -> list[PushedGroup]:
        """The groups that stand for no group of Okta's: their lists go by their SCIM ids. The oldest first."""

    def groups(self, offset: int, count: int) -> list[PushedGroup]:
        """So many groups from this place on, the oldest first."""

    def groups_since(self, time: str) -> list[PushedGroup]:
        """The groups that were pushed at this time or later, the oldest first."""

    def count_groups(self) -> int:
        """How many groups there are."""

    def put_group(self, group: PushedGroup) -> None:
        """Keep a group, in place of what there was under its SCIM id; its members stay."""

    def delete_group(self, scim_id: str) -> None:
        """Forget a group and its members."""

    def members(self, group: str) -> list[tuple[str, bytes | None]]:
        """SCIM id of every member of a group, tombstones included, and what was pushed of the membership, as JSON."""

    def count_members(self, group: str) -> int:
        """How many members a group has."""

    def groups_of(self, user: str) -> list[tuple[str, str, str]]:
        """SCIM id, title and list of every group that a user is in."""

    def okta_ids(self, users: Collection[str]) -> Mapping[str, str]:
        """Whom these SCIM ids stand for; unknown ones are left out."""

    def add_members(self, group: str, users: Mapping[str, bytes | None]) -> None:
        """Put users into a group, by their SCIM ids, with what was pushed of each membership."""

    def remove_members(self, group: str, users: Collection[str]) -> None:
        """Take users out of a group, by their SCIM ids."""


class Tokens(Protocol):
    """The tokens that may push."""

    def put(self, token: ScimToken) -> None:
        """Keep a token, or what became of it."""

    def find(self, digest: bytes) -> ScimToken | None:
        """The token of this digest."""

    def all(self) -> list[ScimToken]:
        """Every token that was ever made, the oldest first."""


class Difference(msgspec.Struct, frozen=True, gc=False):
    """That an object is not what was agreed on: the fingerprint of that, None for absence, and the journal's entry that
    made the difference, where one did.

    The body of a membership is that of its details, without its two ends.
    """

    agreed: str | None
    entry: int | None = None


Found = User | Lock | AccessList | Membership
"""What is at an address; of a membership its details."""


class AgreedState(Protocol):
    """The objects of one target as they were when it last was as desired: what drift and merges compare with.

    Of the local directory, whose objects are in this store, only differences are kept.
    """

    def differing(self, within: Names | None = None) -> Mapping[Address, Difference]:
        """The objects that are known not to be as agreed: all, or those of these users and lists, and every lock."""

    def differ(self, differences: Mapping[Address, Difference], bodies: Iterable[Body] = ()) -> None:
        """These objects are not as agreed any more: a person's hand changed them. `bodies` are those that are named."""

    def settle(self, addresses: Iterable[Address]) -> None:
        """What is at these addresses now, or is not, is agreed on."""

    def keep(self, found: Mapping[Address, Found | None]) -> None:
        """What is at these addresses now, and is agreed on; with a list that is gone, its memberships are."""

    def base(self, names: Names) -> DirectoryState:
        """The users and lists of these names as they were agreed on, with their members, and without locks."""

    def past(self, people: Collection[str] | None = None, names: Collection[str] = ()) -> AgreedPast:
        """What was: all, or what is about these people, by Okta id, or about these names."""

    def remember(self, past: AgreedPast) -> None:
        """Keep what was, in place of what was known of the same people, names and memberships."""

    def forget(self, past: AgreedPast, access_lists: Iterable[str] = ()) -> None:
        """Forget it again, and all that ended in `access_lists`, which are gone."""


class Records(Protocol):
    """What an apply and a person's hand need of the store; everything inside one `transaction` is kept, or none."""

    @property
    def leases(self) -> Leases: ...

    @property
    def bodies(self) -> Bodies: ...

    @property
    def journal(self) -> Journal: ...

    @property
    def runs(self) -> Runs: ...

    @property
    def facts(self) -> Facts: ...

    @property
    def cache(self) -> Facts: ...

    def agreed(self, target: str) -> AgreedState:
        """The agreed state of the target of this name."""

    def transaction(self) -> AbstractContextManager[None]:
        """A span of writes; joins the one that is open."""


class Access(Enum):
    """What a store is opened for."""

    READ = "read"
    """To read: a missing store reads as empty, and one of an earlier schema is read without a change to it."""
    REMEMBER = "remember"
    """To write what can be made again: never makes a store, and never brings one to today's schema."""
    WRITE = "write"
    """To write: makes a missing store, and brings one of an earlier schema to today's."""


class Store(Records, Protocol):
    """An open store: the local directory's tables, upstream facts and all records; closed when its block ends."""

    @property
    def directory(self) -> DirectoryTables: ...

    @property
    def upstream(self) -> Upstream: ...

    @property
    def pushed(self) -> Pushed: ...

    @property
    def tokens(self) -> Tokens: ...

    @property
    def replicas(self) -> Replicas: ...

    def wake(self) -> None:
        """Let the process that leads look once the open transaction is committed, where the store can tell it."""

    def check_schema(self) -> None:
        """Raise SchemaMoved where another version brought the store to a newer schema since it was opened."""

    def attempt(self) -> AbstractContextManager[None]:
        """A span of writes inside a transaction that can fail alone: an error undoes it, and leaves the rest.

        Outside of one it is a span of reads, which see one state.
        """

    @property
    def upgraded_from(self) -> int | None:
        """The schema from which opening brought the store to today's, if it did."""

    def verify(self, head: Head | None = None) -> Verification:
        """As the journal does, and whether the rest of the store tells the same story, so that a removed end shows."""

    def close(self) -> None:
        """Give the store back; what was not committed is undone."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
