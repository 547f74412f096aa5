"""What planning and applying ask of a target, in their words: reading apart from writing."""

from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol, runtime_checkable

from idsync.errors import IdsyncError
from idsync.model.addresses import Address, Kind
from idsync.model.directory import DirectoryState, Members, Names
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.former_addresses import Orphans
from idsync.model.ownership import Resource
from idsync.model.plain_resources import Plain, Plains
from idsync.model.resources import AccessList, Lock, Membership, User
from idsync.plan.apply_times import Moment
from idsync.plan.steps import Step

__all__ = ["Resource"]


class DirectoryReader(Protocol):
    """Reads of one target; every call inside one `reading()` sees the same state.

    What carries a former address of the organization is ours as well, where the target knows that address.

    What is given names, ids or `within` reads these and no others, however many there are.
    """

    @property
    def name(self) -> str:
        """What leases, the journal, plans and what is remembered between passes call the target."""

    def reading(self) -> AbstractContextManager[None]:
        """A span of reads that see one state."""

    def serial(self) -> int:
        """A number that grows with every change of the directory, which its index and a plan name; -1 when unknown."""

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """What there is, or what there is of `within`, in brief; `org_url` decides whose an object is."""

    def counts(self, org_url: str) -> Managed:
        """How many users, memberships and lists are ours, on behalf of `org_url`; nobody is read for it."""

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:
        """What carries our origin and an address that is not `known`; nobody is read where no user or list does."""

    def names_of(self, okta_ids: Collection[str], twin_keys: Collection[str]) -> frozenset[str]:
        """Names of the users who carry one of these Okta ids, for any org, or whose name has one of these twin keys."""

    def state(self, within: Names | None = None) -> DirectoryState:
        """Whole objects: all, or the users of `within` and its lists with their members, without any lock."""

    def locks(self, users: Collection[str] | None = None, names: Collection[str] = ()) -> dict[str, Lock]:
        """Locks by name: all or, where `users` is given, those on one of these users or of one of these names."""

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """Every list, or those of these names, without members."""

    def plain(self, addresses: Collection[Address] | None = None) -> Plains:
        """Roles, apps and groups: all, or those at these addresses."""

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships by member name."""

    def owned_by(self, people: Collection[str]) -> frozenset[str]:
        """The lists that name any of `people` as an owner; owners that are lists are nobody here."""


class DirectoryWriter(Protocol):
    """Writes of whole objects; each either is in effect when it returns or raises."""

    def put_user(self, user: User) -> None:
        """Create or replace a user."""

    def delete_user(self, name: str) -> None:
        """Delete a user; its memberships go by their lists' changes. A missing one is not an error."""

    def put_lock(self, lock: Lock) -> None:
        """Create or replace a lock."""

    def delete_lock(self, name: str) -> None:
        """Delete a lock; a missing one is not an error."""

    def put_access_list(self, access_list: AccessList) -> None:
        """Create or replace a list; its members stay."""

    def delete_access_list(self, name: str) -> None:
        """Delete a list and its memberships; a missing one is not an error."""

    def put_plain(self, resource: Plain) -> None:
        """Create or replace a role, an app or a group."""

    def delete_plain(self, address: Address) -> None:
        """Delete a role, an app or a group; a missing one is not an error."""

    def add_members(self, access_list: str, members: Members) -> None:
        """Create or replace memberships of one list."""

    def add_alike(self, access_list: str, details: Membership, names: Collection[str]) -> None:
        """Create or replace memberships of one list that all have the same details."""

    def remove_members(self, access_list: str, names: Iterable[str]) -> None:
        """Remove memberships of one list; missing ones are not an error."""


class DirectoryEditor(DirectoryReader, DirectoryWriter, Protocol):
    """A directory that people write to by hand: the local one."""


class Target(DirectoryReader, Protocol):
    """Where access is enforced: what it holds, which of that is ours, and how a step of a plan is made there.

    `ours`, `project` and `same` are pure: they look at nothing but their arguments.
    """

    @property
    def atomic(self) -> bool:
        """Whether a transaction is kept whole or not at all, together with what the store records inside it."""

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of object that it can hold; a plan for it has no change of another kind."""

    def ended_locks(self, now: datetime) -> dict[str, Lock]:
        """The locks whose time has passed at `now`, by name."""

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside take effect together or not at all, where the target can; else each on its own."""

    def ours(self, resource: Resource) -> bool:
        """Whether an object that it holds, or would hold, bears the marks by which it is ours."""

    def project(self, desired: DirectoryState) -> DirectoryState:
        """What of a desired state this target can hold, with the marks that make an object ours here."""

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        """Whether what is found is what is wanted, as far as this target keeps it and we own it; None is absence.

        A target may add revisions and defaults, and fill in times.
        """

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        """Make one step, wholly in effect when this returns; the object that is there then, None when it is gone.

        Making a step twice does it once. `before` of its change is what was there when the plan was checked. `fence`
        is the number of the lease under which it is made: a target that can compare it refuses, with LeaseLost, a
        number lower than one that it has seen. Raises another IdsyncError, best a TargetError, when the step cannot be
        made; it may then have been made in part, or even whole.
        """


@runtime_checkable
class WaitingTarget(Protocol):
    """A target whose steps wait for their turn: what is checked before a step must hold after that wait."""

    def make_when(self, step: Step, at: Moment, fence: int, check: Callable[[], None]) -> Resource | None:
        """Make one step like `make`. `check` is called right before anything is sent, and raises why it may not be."""


@runtime_checkable
class NotingTarget(Protocol):
    """A target of which the store keeps more than what is agreed on."""

    def note(self, step: Step) -> None:
        """Keep what follows from a step that was made, in the transaction that writes it down."""

    def note_failed(self, step: Step, error: IdsyncError) -> None:
        """Keep what follows from why a step was not made, likewise."""


Progress = Callable[[str, int, int], None]
"""Called with what is under way, how much is done and how much there is (0 when unknown)."""
