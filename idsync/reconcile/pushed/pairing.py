"""Which group of Okta's a pushed group is, as Okta itself pairs them: several may have its name, and it another one."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from idsync.model.directory import UpstreamCause
from idsync.model.findings import NOT_PUSHED, Finding
from idsync.model.numbers import counted
from idsync.model.pushed import PushMappings
from idsync.stores.protocol import Pushed

_NAMED = 6
"""So many groups are named."""


@runtime_checkable
class PairingSource(Protocol):
    """A source that knows which groups are pushed as which."""

    def push_mappings(self, app: str) -> PushMappings:
        """Okta's list for the app of this id; nothing is known where nobody may know. Raises SourceError."""


def pair(pushed: Pushed, pairs: Mapping[str, str], there: Collection[str]) -> None:
    """Let every pushed group that is paired with a group of Okta's that is `there` stand for it from now on.

    What a reading says of that group is so; a list that the pushed one had of its own is read no more, and goes.
    """
    for scim_id, okta_group in pairs.items():
        group = pushed.group(scim_id)
        if group is not None and group.list_id != okta_group and okta_group in there:
            pushed.put_group(replace(group, list_id=okta_group))


def not_pushed(pushed: Pushed, mappings: PushMappings, before: int) -> Iterator[Finding]:
    """The finding about groups of which pushes alone tell and Okta's list does not: it pushes them no more.

    `before` is the number of the last push before the list was read. A list without any group that is here is that of
    another app than the one that pushes, and says nothing.
    """
    named = mappings.named or ()
    if not any(pushed.group(scim_id) for scim_id in named):
        return
    groups = [each for each in pushed.own_groups() if each.id not in named and each.push <= before]
    if not groups:
        return
    verb, its = ("is", "its list") if len(groups) == 1 else ("are", "their lists")
    more = f", … and {len(groups) - _NAMED:,} more" if len(groups) > _NAMED else ""
    yield Finding(
        NOT_PUSHED,
        "warning",
        f"{counted(len(groups), 'pushed group')} {verb} not in Okta's list of push groups, so that nothing takes {its} "
        "away any more: "
        f"{', '.join(f'{each.title} (Groups/{each.id})' for each in groups[:_NAMED])}{more}. "
        "Look at Push Groups in Okta, and delete over SCIM what is gone there.",
        tuple(UpstreamCause("group", each.id, each.title) for each in groups[:_NAMED]),
    )
