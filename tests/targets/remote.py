"""A target as remote ones are: not atomic, with revisions and defaults of its own, without locks, refusing some names.

It takes no foreign origin: what is ours bears a label of its own beside the org's. What fails, and when, a test says.
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from idsync.errors import LeaseLost, TargetError
from idsync.model.addresses import Address, Kind
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import DirectoryIndex, Managed
from idsync.model.ownership import ORG_LABEL, ORIGIN_LABEL, USER_ID_LABEL, same_owned
from idsync.model.resources import AccessList, CreatedBy, Lock, User, UserReference
from idsync.plan.apply_times import Moment
from idsync.plan.changes import LockChange
from idsync.plan.steps import Step
from idsync.targets.protocol import Resource
from idsync.targets.writing import write_step
from tests.targets.memory import MemoryTarget
from tests.targets.world import ORG

OWN_LABEL = "idsync/managed"
Body = TypeVar("Body", User, AccessList)


class RemoteError(TargetError):
    """The other side refuses, or does not answer."""


class RemoteTarget(MemoryTarget):
    """A directory elsewhere. `fails` is asked before each step, and after it was made, and may raise."""

    name = "remote"
    atomic = False
    kinds: frozenset[Kind] = frozenset({"user", "access_list", "access_list_member"})

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[Address, bool], None] = lambda address, made: None
        self.fence = 0

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """Whose an object is, its marks here say, and not the labels of the directory."""
        index, there = super().index(org_url, within), self.state(within)
        users, lists = there.users, there.access_lists
        return replace(
            index,
            users={n: replace(e, okta_id=self._okta_id(users[n], org_url)) for n, e in index.users.items()},
            access_lists={
                n: replace(e, ours=org_url == ORG and self.ours(lists[n])) for n, e in index.access_lists.items()
            },
        )

    def counts(self, org_url: str) -> Managed:
        there = self.state()
        if org_url != ORG:
            return Managed()
        lists = [name for name, item in there.access_lists.items() if self.ours(item)]
        people = sum(map(self.ours, there.users.values()))
        return Managed(people, sum(len(there.members[name]) for name in lists), len(lists))

    def _okta_id(self, user: User, org_url: str) -> str | None:
        return user.metadata.labels.get(USER_ID_LABEL, "") if org_url == ORG and self.ours(user) else None

    def ours(self, resource: Resource) -> bool:
        labels = resource.metadata.labels
        return labels.get(OWN_LABEL) == "true" and labels.get(ORG_LABEL) == ORG

    def project(self, desired: DirectoryState) -> DirectoryState:
        """Without locks, people who are locked have no account; traits and reviews are not kept."""
        locked = {lock.spec.target.user for lock in desired.locks.values()}
        return DirectoryState(
            users={name: _marked(_without_traits(user)) for name, user in desired.users.items() if name not in locked},
            access_lists={name: _marked(item) for name, item in desired.access_lists.items()},
            members={
                name: {member: entry for member, entry in members.items() if member not in locked}
                for name, members in desired.members.items()
            },
        )

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        return same_owned(_kept(wanted), _kept(found))

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        address = step.change.address
        if isinstance(step.change, LockChange):
            raise RemoteError("Locks are not kept here.")
        if "/" in address.partition("/")[2]:
            raise RemoteError(f"The name {address} is refused.")
        self.fails(address, False)
        self._admit(fence)
        made = write_step(step, self, at)
        self.fails(address, True)
        if isinstance(made, User):
            return self.users[made.metadata.name]
        return self.lists[made.metadata.name] if isinstance(made, AccessList) else made

    def _admit(self, fence: int) -> None:
        """Refuse a writer whose number is lower than one that was seen: the lease has passed on."""
        if fence < self.fence:
            raise LeaseLost("Another run writes here now.")
        self.fence = fence

    def put_user(self, user: User) -> None:
        made_by = user.spec.created_by or CreatedBy("2026-11-22T09:30:00Z", UserReference("remote-admin"))
        super().put_user(self._revised(_without_traits(replace(user, spec=replace(user.spec, created_by=made_by)))))

    def put_access_list(self, access_list: AccessList) -> None:
        super().put_access_list(self._revised(access_list))

    def put_lock(self, lock: Lock) -> None:
        raise RemoteError("Locks are not kept here.")

    def _revised(self, body: Body) -> Body:
        return replace(body, metadata=replace(body.metadata, revision=f"r{self.writes}"))


def _marked(body: Body) -> Body:
    labels = {name: value for name, value in body.metadata.labels.items() if name != ORIGIN_LABEL}
    return replace(body, metadata=replace(body.metadata, labels={**labels, OWN_LABEL: "true"}))


def _without_traits(user: User) -> User:
    return replace(user, spec=replace(user.spec, traits={}))


def _kept(resource: Resource | None) -> Resource | None:
    return _without_traits(resource) if isinstance(resource, User) else resource
