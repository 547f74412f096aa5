"""Okta as a further target: what it holds is what both sides agreed on, and a step writes one membership.

A reading showed who is in each list when the plan was made. Nobody is read again for a step: who is in already, or out
already, is as the step wants it. Members are named by their Okta ids.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from idsync.errors import IdsyncError, PlanStale, StaysInOkta, TargetError
from idsync.model.addresses import Kind, access_list_address, split_address
from idsync.model.agreed_lists import AgreedLists
from idsync.model.directory import DirectoryState, Names
from idsync.model.directory_index import DirectoryIndex, Managed, index_of
from idsync.model.former_addresses import Orphans, taken_over
from idsync.model.ownership import is_ours
from idsync.model.resources import NEW_MEMBERSHIP, AccessList, Membership
from idsync.model.sent import Sent
from idsync.model.upstream_lists import KIND_LABEL
from idsync.plan.apply_times import Moment
from idsync.plan.changes import AccessListChange
from idsync.plan.sections import OKTA
from idsync.plan.steps import Phase, Step
from idsync.targets.given import GivenDirectory
from idsync.targets.okta.groups import Groups
from idsync.targets.okta.writer import MembershipWriter
from idsync.targets.protocol import Resource

LASTS = 120.0
"""Seconds for which what Okta said of a group counts, before a membership of it is sent."""
Connect = Callable[[], AbstractContextManager[MembershipWriter]]


class NoteSent(Protocol):
    """Keeps what Okta was told of a membership, or answered."""

    def __call__(self, access_list: str, person: str, sent: Sent) -> None:
        """In the list of this Okta id, this person is, or is not."""


class OktaTarget(GivenDirectory):
    """The groups and apps of one organization whose memberships go both ways."""

    name = OKTA
    atomic = False
    kinds: frozenset[Kind] = frozenset({"access_list", "access_list_member"})

    def __init__(
        self,
        org_url: str,
        former: Collection[str],
        agreed: AgreedLists,
        connect: Connect,
        sent: NoteSent,
        groups: Callable[[], Groups],
        is_named: Callable[[str], bool],
    ) -> None:
        """`former` are earlier addresses of the organization, which lists bear that were agreed on before it moved.

        `connect` gives what writes, to be closed at the end of what is asked of it; `sent` keeps what was sent.

        `groups` gives what Okta said of groups when the plan was made, or asks now where that was another process.
        `is_named` tells whether a rule says of a group of this name that it goes both ways, whatever it conveys.
        """
        super().__init__(DirectoryState(), former=former)
        self._org_url = org_url
        self._agreed = agreed
        self._connect = connect
        self._sent = sent
        self._groups = groups
        self._is_named = is_named
        self._writer: MembershipWriter | None = None
        self._checked: set[str] = set()
        self._known: Groups | None = None

    def counts(self, org_url: str) -> Managed:  # noqa: ARG002 - all of it is of the one organization
        """How many memberships both sides agreed on."""
        return Managed(agreed=self._agreed.count())

    def orphans(self, known: Collection[str]) -> tuple[Orphans, ...]:  # noqa: ARG002
        """None: all of it is of the one organization."""
        return ()

    def index(self, org_url: str, within: Names | None = None) -> DirectoryIndex:
        """The lists in brief."""
        return index_of(taken_over(self.state(within), org_url, self._former), org_url)

    def state(self, within: Names | None = None) -> DirectoryState:
        """The lists, or those of `within`, with their members."""
        names = self._agreed.names() if within is None else within.access_lists
        members = self._agreed.members(names)
        return DirectoryState(
            access_lists=dict(self._agreed.bodies(names)),
            members={name: dict.fromkeys(sorted(inside), NEW_MEMBERSHIP) for name, inside in members.items()},
        )

    def access_lists(self, names: Collection[str] | None = None) -> dict[str, AccessList]:
        """The lists; those that a plan is about are asked for by name, before the first of them is written.

        Groups that a rule fills by now, or that convey an admin role, are not among these (R50): a plan from a file may
        have waited for days, and is stale then. Raises AuthorizationError where the credential may not write them.
        """
        found = dict(self._agreed.bodies(self._agreed.names() if names is None else names))
        kinds = sorted({each.metadata.labels[KIND_LABEL] for each in found.values()} - self._checked)
        if names is not None and kinds:
            with self._connect() as writer:
                writer.check_access(kinds)
            self._checked.update(kinds)
        closed = frozenset[str]() if names is None else self._closed(found, self._groups())
        return {name: body for name, body in found.items() if name not in closed}

    def _closed(self, lists: dict[str, AccessList], known: Groups) -> frozenset[str]:
        """The groups of these that are never written, as far as Okta says."""
        groups = [name for name, each in lists.items() if each.metadata.labels[KIND_LABEL] == "group"]
        if not groups:
            return frozenset()
        self._known = known
        filled = known.filled_by_rules()
        return frozenset(
            name for name in groups if name in filled or self._conveys(name, lists[name].spec.title, known)
        )

    def _conveys(self, group: str, title: str, known: Groups) -> bool:
        """Whether a group conveys an admin role, or may, since Okta does not say: then the plan decided, or a rule."""
        is_decided = known.was_asked(group)
        conveys = known.conveys_admin_role(group)
        return not is_decided and not self._is_named(title) if conveys is None else conveys

    def memberships(self, people: Iterable[str]) -> dict[str, dict[str, Membership]]:
        """For each list that holds any of `people`, those memberships."""
        found = self._agreed.members(self._agreed.names(), frozenset(people))
        return {name: dict.fromkeys(sorted(inside), NEW_MEMBERSHIP) for name, inside in found.items() if inside}

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
        """Whether it is of this organization, by its present address or a former one."""
        return is_ours(resource.metadata.labels, self._org_url, self._former)

    def project(self, desired: DirectoryState) -> DirectoryState:  # noqa: ARG002
        """Nothing of a desired state: what goes to Okta is what people edited."""
        return DirectoryState()

    def same(self, wanted: Resource | None, found: Resource | None) -> bool:
        """Whether both are there, or neither: nothing of a group or an app itself is written."""
        return (wanted is None) == (found is None)

    def make(self, step: Step, at: Moment, fence: int) -> Resource | None:
        """Send the membership that a step is about."""
        return self.make_when(step, at, fence, _nothing)

    def make_when(self, step: Step, at: Moment, fence: int, check: Callable[[], None]) -> Resource | None:  # noqa: ARG002
        """Send the membership that a step is about, where its group is open still once there is room for the request.

        Raises PlanStale where it was closed meanwhile.
        """
        change, writer = step.change, self._writer
        if not isinstance(change, AccessListChange) or change.after is None or writer is None:
            raise TargetError("Nothing but memberships goes to Okta.")
        name, body = split_address(change.address)[1], change.after

        kind = body.metadata.labels[KIND_LABEL]

        def still() -> None:
            if kind == "group":
                self._see_open(name, body)
            check()

        write = writer.take_out if step.phase is Phase.MEMBER_REMOVAL else writer.put_in
        for person in _people(step):
            write(kind, name, person, still)
        return body

    def _see_open(self, name: str, body: AccessList) -> None:
        """Ask about a group once more where what Okta said is too old: requests may wait for many minutes.

        It is asked on connections of its own, since the place that one of these has is not given back yet.
        """
        known = self._known
        if known is None or known.are_older_than(LASTS):
            known = Groups(self._connect)
        if not known.was_asked(name) and self._closed({name: body}, known):
            raise PlanStale(
                f"Group {body.spec.title} is not written any more.",
                addresses=[access_list_address(name)],
                target=OKTA,
                why="Since the plan was made, Okta gave it an admin role, or a rule fills it.",
                fix="Make a new plan and review it.",
            )

    def note(self, step: Step) -> None:
        """Keep that it was sent, since readings may not show it yet."""
        self._note(step, joins=step.phase is Phase.ACCESS_LIST)

    def note_failed(self, step: Step, error: IdsyncError) -> None:
        """Keep that somebody stays in a list, so that it is put back in the directory, and Okta is not asked again."""
        if isinstance(error, StaysInOkta):
            self._note(step, joins=True, stays=True)

    def _note(self, step: Step, *, joins: bool, stays: bool = False) -> None:
        if self._writer is None:
            raise TargetError("Nothing was sent to Okta.")
        sent, name = Sent(joins, self._writer.now(), stays), split_address(step.change.address)[1]
        for person in _people(step):
            self._sent(name, person, sent)


def _nothing() -> None:
    """Check nothing."""


def _people(step: Step) -> tuple[str, ...]:
    """Whom a step is about."""
    if not isinstance(step.change, AccessListChange):
        return ()
    return step.change.members_removed if step.phase is Phase.MEMBER_REMOVAL else step.change.members_added
