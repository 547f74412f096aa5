"""What a merge of both sides is given, and what it says becomes of lists."""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from idsync.compiler.both_ways import NOBODY
from idsync.config.settings import Settings
from idsync.model.addresses import Address
from idsync.model.directory import Members
from idsync.model.findings import Finding
from idsync.plan.changes import AccessListChange, BothSides
from idsync.plan.sections import OKTA
from idsync.stores.protocol import AgreedLists, Facts, Records

_NO_MEMBERS: Members = {}


class Upstream(Protocol):
    """What Okta says of groups before one is written; asked only where something goes out."""

    def filled_by_rules(self) -> frozenset[str]:
        """The groups that a rule fills, by id."""

    def conveys_admin_role(self, group: str) -> bool | None:
        """Whether the members of a group are administrators; None where that cannot be read."""


class BothWays(msgspec.Struct, frozen=True):
    """What both sides agreed on, and what was sent lately; and whom to ask about groups, where something is to be sent.

    Without an `upstream`, nothing is sent, and what is still to be sent stays as people edited it. Where not everybody
    is looked at, it is not `whole`. `only` names the memberships that may be sent now, by the Okta ids of list and
    person; None for all.
    """

    agreed: AgreedLists
    facts: Facts
    upstream: Upstream | None = None
    whole: bool = True
    only: frozenset[tuple[str, str]] | None = None


def by_what_is_known(settings: Settings, store: Records) -> BothWays | None:
    """By what a part is merged, with nothing asked of Okta and nothing sent; None where memberships go one way."""
    if not settings.integration.sync.bidirectional:
        return None
    return BothWays(store.agreed_lists(OKTA), store.facts, whole=False)


class Lists(msgspec.Struct, frozen=True):
    """What becomes of lists. `merged` are the members to have, by Okta id, where they are not as the reading has them.

    `kept` are names that stay in a list though Okta has nobody of them; `out` is what Okta is told, and `both_sides`
    has what both sides agree on that they did not before. The next plan is to look at what is `unsettled` again.
    `in_okta` are the people of whom both sides say that they are in a list, where the reading does not say so;
    `taken_up` the edits of the directory that are not put back, and `nested` those who are in a list by a nested one.
    """

    merged: Mapping[str, frozenset[str]] = {}
    kept: Mapping[str, frozenset[str]] = {}
    out: tuple[AccessListChange, ...] = ()
    both_sides: Mapping[str, BothSides | None] = {}
    findings: tuple[Finding, ...] = ()
    unsettled: frozenset[str] = NOBODY
    in_okta: Mapping[str, frozenset[str]] = {}
    taken_up: frozenset[Address] = frozenset()
    nested: Mapping[str, frozenset[str]] = {}

    def as_compiled(self, members: Mapping[str, Members]) -> "Lists":
        """The same, where nobody is agreed on whom the lists, as they were compiled, do not have as both sides would.

        Who is left as they are, for a conflict or a doubt, has not joined, and has not left.
        """
        sides = {
            name: self._compiled(name, each, members.get(name, _NO_MEMBERS)) for name, each in self.both_sides.items()
        }
        return msgspec.structs.replace(self, both_sides=sides)

    def _compiled(self, name: str, sides: BothSides | None, members: Members) -> BothSides | None:
        if sides is None:
            return None
        nested = self.nested.get(name, NOBODY)
        joins = {person: here for person, here in sides.joins.items() if here in members or person in nested}
        leaves = {person: here for person, here in sides.leaves.items() if here not in members}
        return msgspec.structs.replace(sides, joins=joins, leaves=leaves)
