"""Okta as a further target: what it holds is what both sides agreed on, and a step writes memberships.

A reading showed who is in each list when the plan was made. Nobody is read again for a step: who is in already, or out
already, is as the step wants it. Members are named by their Okta ids.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from idsync.errors import IdsyncError, TargetError
from idsync.model.addresses import Kind, split_address
from idsync.model.agreed_lists import AgreedList
from idsync.model.directory import DirectoryState
from idsync.model.directory_index import Managed
from idsync.model.ownership import is_ours
from idsync.model.resources import NEW_MEMBERSHIP, AccessList
from idsync.model.upstream_lists import KIND_LABEL, list_in_okta
from idsync.plan.apply_times import Moment
from idsync.plan.changes import AccessListChange
from idsync.plan.sections import OKTA
from idsync.plan.steps import Phase, Step
from idsync.targets.given import GivenDirectory
from idsync.targets.okta.writer import MembershipWriter
from idsync.targets.protocol import Resource

Connect = Callable[[], AbstractContextManager[MembershipWriter]]


class OktaTarget(GivenDirectory):
    """The groups and apps of one organization whose memberships go both ways."""

    name = OKTA
    atomic = False
    kinds: frozenset[Kind] = frozenset({"access_list", "access_list_member"})

    def __init__(self, org_url: str, agreed: Mapping[str, AgreedList], connect: Connect) -> None:
        """`connect` gives what writes, to be closed at the end of what is asked of it."""
        lists = {name: list_in_okta(name, each.kind, each.title, org_url) for name, each in agreed.items()}
        members = {name: dict.fromkeys(sorted(each.members), NEW_MEMBERSHIP) for name, each in agreed.items()}
        super().__init__(DirectoryState(access_lists=lists, members={**members}))
        self._org_url = org_url
        self._agreed = agreed
        self._connect = connect
        self._writer: MembershipWriter | None = None
        self._checked: set[str] = set()

    def counts(self, org_url: str) -> Managed:  # noqa: ARG002 - all of it is of the one organization
        """How many memberships both sides agreed on."""
        return Managed(agreed=sum(len(each.members) for each in self._agreed.values()))

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """The lists; those that a plan is about are asked for by name, before the first of them is written.

        Raises AuthorizationError where the credential may not write them.
        """
        found = super().access_lists(names)
        kinds = sorted({each.metadata.labels[KIND_LABEL] for each in found.values()} - self._checked)
        if names is not None and kinds:
            with self._connect() as writer:
                writer.check_access(kinds)
            self._checked.update(kinds)
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A span of writes on one set of connections; each takes effect by itself."""
        with self._connect() as writer:
            self._writer = writer
            try:
                yield
            finally:
                self._writer = None

    def ours(self, resource: Resource) -> bool:
        """Whether it is of this organization."""
        return is_ours(resource.metadata.labels, self._org_url)

    def project(self, desired: DirectoryState) -> DirectoryState:  # noqa: ARG002
        """Nothing of a desired state: what goes to Okta is what people edited."""
        return DirectoryState()

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        """Whether both are there, or neither: nothing of a group or an app itself is written."""
        return (wanted is None) == (found is None)

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:  # noqa: ARG002
        """Send what a step changes, person by person; one who is refused leaves the others to go on."""
        change, writer = step.change, self._writer
        if not isinstance(change, AccessListChange) or change.after is None or writer is None:
            raise TargetError("Nothing but memberships goes to Okta.")
        kind, name = change.after.metadata.labels[KIND_LABEL], split_address(change.address)[1]
        leaving = step.phase is Phase.MEMBER_REMOVAL
        write = writer.take_out if leaving else writer.put_in
        failures: list[IdsyncError] = []
        for person in change.members_gone if leaving else change.members_added:
            try:
                write(kind, name, person)
            except IdsyncError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return change.after
