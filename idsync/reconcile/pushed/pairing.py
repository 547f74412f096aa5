"""Which group of Okta's a pushed group is, as Okta itself pairs them: several may have its name, and it another one."""

from collections.abc import Collection, Mapping
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from idsync.stores.protocol import Pushed


@runtime_checkable
class PairingSource(Protocol):
    """A source that knows which groups are pushed as which."""

    def push_mappings(self, app: str) -> Mapping[str, str]:
        """The id of Okta's group by that of the pushed one, for the app of this id; empty where nobody may know.

        Raises SourceError.
        """


def pair(pushed: Pushed, pairs: Mapping[str, str], there: Collection[str]) -> None:
    """Let every pushed group that is paired with a group of Okta's that is `there` stand for it from now on.

    What a reading says of that group is so; a list that the pushed one had of its own is read no more, and goes.
    """
    for scim_id, okta_group in pairs.items():
        group = pushed.group(scim_id)
        if group is not None and group.list_id != okta_group and okta_group in there:
            pushed.put_group(replace(group, list_id=okta_group))
