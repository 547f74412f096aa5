"""Who gains and loses what in Okta by the memberships that go there."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from idsync.model.addresses import split_address
from idsync.model.directory import UpstreamCause
from idsync.model.upstream_lists import KIND_LABEL
from idsync.plan.changes import Access, AccessListChange, Change, PersonDelta
from idsync.plan.sections import OKTA


def okta_delta(changes: Iterable[Change]) -> tuple[PersonDelta, ...]:
    """By person, under their names in the directory: groups that they join and leave there, and apps of their own."""
    gains: dict[str, list[Access]] = defaultdict(list)
    loses: dict[str, list[Access]] = defaultdict(list)
    for change in changes:
        if isinstance(change, AccessListChange):
            names, access = names_in_okta(change), _access(change)
            for people, told in ((change.members_added, gains), (change.members_removed, loses)):
                for person in people:
                    told[names.get(person, person)].append(access)
    return tuple(
        PersonDelta(person, tuple(gains.get(person, ())), tuple(loses.get(person, ())), target=OKTA)
        for person in sorted(gains.keys() | loses.keys())
    )


def names_in_okta(change: AccessListChange) -> dict[str, str]:
    """The directory's names of the people of a change of Okta's, by Okta id."""
    people = (cause for cause in change.causes if isinstance(cause, UpstreamCause) and cause.object == "user")
    return {cause.id: cause.name for cause in people}


def kind_in_okta(change: AccessListChange) -> str:
    """What a change of Okta's is about: a `group` or an `app`."""
    body = change.after or change.before
    return "group" if body is None else body.metadata.labels.get(KIND_LABEL, "group")


def _access(change: AccessListChange) -> Access:
    body = change.after or change.before
    kind: Literal["app", "access_list"] = "app" if kind_in_okta(change) == "app" else "access_list"
    return Access(kind, split_address(change.address)[1], body.spec.title if body else "", origin="direct")
