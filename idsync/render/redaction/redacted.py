"""A plan under pseudonyms, for readers who may see what happens and not to whom: the same ones in every format and run.

They are those of `snapshot --sanitize` with the same key. Groups, apps, lists and roles keep their names, but for what
in them says who somebody is.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, assert_never

import msgspec

from idsync.model.addresses import access_list_address, lock_address, user_address
from idsync.model.canonical import fingerprint
from idsync.model.directory import Cause, ConfigCause, UpstreamCause
from idsync.model.earlier import AS_APPLIED_BEFORE
from idsync.model.measures import Measures
from idsync.model.ownership import Resource
from idsync.model.pseudonyms import Identifying, Pseudonyms
from idsync.model.resource_pseudonyms import ResourcePseudonyms
from idsync.model.resources import AccessList, Grants, Lock, User
from idsync.plan.changes import (
    Access,
    AccessListChange,
    AnyPlainChange,
    BothSides,
    Change,
    GuardResult,
    LockChange,
    PersonDelta,
    PlainChange,
    Plan,
    UserChange,
)
from idsync.plan.seal import sealed
from idsync.plan.steps import in_listing_order
from idsync.render.redaction.people_known import attribute_of, known_of, people_in
from idsync.render.redaction.redacted_findings import RedactedFindings
from idsync.render.redaction.scrubbing import Scrubber

LEFT_OUT = "(left out)"
OWN_ROUTE = "user"
Item = TypeVar("Item")
replace = msgspec.structs.replace


def redacted(plan: Plan, key: bytes) -> Plan:
    """The plan with people under pseudonyms, to be shown. Raises UsageError for a key that can be guessed.

    Its digest stays that of the plan itself: it says which plan this is, and leads to nobody.
    """
    return _Redaction(plan, Pseudonyms(key)).plan()


def redacted_file(plan: Plan) -> Plan:
    """A redacted plan as a file of its own, which no apply takes."""
    inputs = replace(plan.inputs, sanitized=True, measures=Measures())
    return sealed(replace(plan, inputs=inputs, digest=""))


class _Redaction:
    """What is known of one plan's people, and each part of the plan without them."""

    def __init__(self, plan: Plan, pseudonym: Pseudonyms) -> None:
        self._plan = plan
        self._pseudonym = pseudonym
        self._resources = ResourcePseudonyms(pseudonym, plan.inputs.org_url, attribute_of=attribute_of)
        self._people = people_in(plan)
        scrubber = Scrubber()
        for value, is_id in known_of(plan):
            scrubber.add(value, _later(pseudonym.id if is_id else pseudonym.text, value))
        self._clean = scrubber.clean

    def plan(self) -> Plan:
        """The whole plan."""
        plan = self._plan
        findings = RedactedFindings(plan.guards, self._clean, self._causes)
        forgets = plan.forgets
        return replace(
            plan,
            health=replace(plan.health, findings=findings.of(plan.health.findings)),
            changes=in_listing_order(map(self._change, plan.changes)),
            access_delta=tuple(
                sorted(map(self._delta, plan.access_delta), key=lambda each: (each.person, each.target))
            ),
            guards=tuple(map(_guard, plan.guards)),
            findings=findings.of(plan.findings),
            edit=msgspec.UNSET,  # the files of the configuration, which may name anybody
            forgets=forgets if isinstance(forgets, msgspec.UnsetType) else tuple(map(self._pseudonym.id, forgets)),
            both_ways=self._both_ways(),
        )

    def _both_ways(self) -> dict[str, BothSides | None] | msgspec.UnsetType:
        """What both sides agree on, of people under other names."""
        known = self._plan.both_ways
        if isinstance(known, msgspec.UnsetType):
            return known
        return {
            name: None
            if each is None
            else replace(each, joins=self._named(each.joins), leaves=self._named(each.leaves))
            for name, each in known.items()
        }

    def _named(self, people: dict[str, str]) -> dict[str, str]:
        pseudonym = self._pseudonym
        return {pseudonym.id(okta_id): pseudonym.text(name) for okta_id, name in people.items()}

    def _change(self, change: Change) -> Change:
        causes = self._causes(change.causes)
        match change:
            case UserChange():
                user_before, user_after = _each(change.before, self._user), _each(change.after, self._user)
                name = _named(user_after or user_before)
                return replace(
                    change,
                    address=user_address(name),
                    causes=causes,
                    before=user_before,
                    after=user_after,
                    before_fingerprint=_mark(user_before),
                )
            case LockChange():
                before, after = _each(change.before, self._lock), _each(change.after, self._lock)
                address = lock_address(_named(after or before))
                mark = _mark(before)
                return replace(
                    change, address=address, causes=causes, before=before, after=after, before_fingerprint=mark
                )
            case AccessListChange():
                return self._list_change(change, causes)
            case PlainChange():
                return self._plain_change(change, causes)
            case _:
                assert_never(change)

    def _plain_change(self, change: AnyPlainChange, causes: tuple[Cause, ...]) -> Change:
        """A role, an app or a group names nobody, but for what people wrote."""
        before, after = (
            None if each is None else self._resources.plain(each) for each in (change.before, change.after)
        )
        return replace(change, causes=causes, before=before, after=after, before_fingerprint=_mark(before))

    def _list_change(self, change: AccessListChange, causes: tuple[Cause, ...]) -> AccessListChange:
        before, after = _each(change.before, self._list), _each(change.after, self._list)
        return replace(
            change,
            address=access_list_address(_named(after or before)),
            causes=causes,
            before=before,
            after=after,
            before_fingerprint=_mark(before),
            members_added=self._names(change.members_added),
            members_removed=self._names(change.members_removed),
            carried={
                self._pseudonym.text(name): self._resources.membership(member)
                for name, member in change.carried.items()
            },
            kept=tuple(map(self._clean, change.kept)),
            edits_lost=self._names(change.edits_lost),
        )

    def _user(self, user: User) -> User:
        user = self._resources.user(user)
        return replace(user, spec=replace(user.spec, roles=tuple(map(self._clean, user.spec.roles))))

    def _lock(self, lock: Lock) -> Lock:
        """A lock without its message, which a hand may have changed."""
        lock = self._resources.lock(lock)
        return replace(lock, spec=replace(lock.spec, message=self._pseudonym.text(lock.spec.message)))

    def _list(self, item: AccessList) -> AccessList:
        item = self._resources.access_list(item)
        spec = replace(
            item.spec,
            title=self._clean(item.spec.title),
            grants=self._grants(item.spec.grants),
            owner_grants=self._grants(item.spec.owner_grants),
            membership_requires=self._grants(item.spec.membership_requires),
            ownership_requires=self._grants(item.spec.ownership_requires),
        )
        return replace(item, spec=spec)

    def _grants(self, grants: Grants) -> Grants:
        traits = {name: tuple(map(self._clean, values)) for name, values in grants.traits.items()}
        return Grants(tuple(map(self._clean, grants.roles)), traits)

    def _delta(self, delta: PersonDelta) -> PersonDelta:
        lens = self._lens(delta)
        return replace(
            delta,
            person=self._pseudonym.text(delta.person),
            renamed_from=None if delta.renamed_from is None else self._pseudonym.text(delta.renamed_from),
            gains=tuple(self._access(entry, lens) for entry in delta.gains),
            loses=tuple(self._access(entry, lens) for entry in delta.loses),
            route_only=tuple(self._access(entry, lens) for entry in delta.route_only),
        )

    def _lens(self, delta: PersonDelta) -> list[Identifying]:
        """What says who this person is: by all that the plan knows of them."""
        names = [delta.person, *([] if delta.renamed_from is None else [delta.renamed_from])]
        known = [self._resources.identifying(user) for name in names for user in self._people.get(name, ())]
        return [*known, Identifying(names, {}, frozenset())]

    def _access(self, entry: Access, lens: Sequence[Identifying]) -> Access:
        name, title = entry.name, self._clean(entry.title)
        if entry.kind == "trait":
            trait, _, value = name.partition("=")
            own = OWN_ROUTE in entry.via or any(each.is_in(value) for each in lens)
            name = f"{trait}={self._pseudonym.text(value) if own else self._clean(value)}"
        elif entry.kind == "role" and any(each.is_in(name) for each in lens):
            name = self._pseudonym.text(name)
        else:
            name = self._clean(name)
        return replace(entry, name=name, title=title, causes=self._causes(entry.causes))

    def _names(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(map(self._pseudonym.text, names)))

    def _causes(self, causes: Sequence[Cause]) -> tuple[Cause, ...]:
        return tuple(map(self._cause, causes))

    def _cause(self, cause: Cause) -> Cause:
        match cause:
            case UpstreamCause(object="user"):
                return replace(cause, id=self._pseudonym.id(cause.id), name=self._pseudonym.text(cause.name))
            case UpstreamCause():
                return replace(cause, name=self._clean(cause.name))
            case ConfigCause():
                return replace(cause, file=self._clean(cause.file), rule=self._rule(cause.rule))
            case _:
                assert_never(cause)

    def _rule(self, rule: str) -> str:
        """A rule without what it asks of a trait: that is a value of everybody to whom the rule applies."""
        subject, is_, _ = rule.partition(" is ")
        if not is_ or subject in _KINDS_OF_LISTS:
            return self._clean(rule)
        return f"{subject} is {LEFT_OUT}{AS_APPLIED_BEFORE if rule.endswith(AS_APPLIED_BEFORE) else ''}"


_KINDS_OF_LISTS = frozenset({"group", "app"})


def _guard(result: GuardResult) -> GuardResult:
    """A guard without the words of who released it."""
    return replace(result, released=LEFT_OUT) if result.released else result


def _later(make: Callable[[str], str], value: str) -> Callable[[], str]:
    return lambda: make(value)


def _each(item: Item | None, make: Callable[[Item], Item]) -> Item | None:
    return None if item is None else make(item)


def _named(resource: User | Lock | AccessList | None) -> str:
    return "" if resource is None else resource.metadata.name


def _mark(before: Resource | None) -> str | None:
    return None if before is None else fingerprint(before)
