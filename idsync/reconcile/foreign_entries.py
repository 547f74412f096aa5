"""What somebody who gets a name finds under it in lists that are not ours: nobody takes that from them but a person."""

from collections.abc import Iterator

from idsync.compiler.causes import user_cause
from idsync.compiler.inputs import Inputs
from idsync.model.directory import UpstreamCause
from idsync.model.findings import Finding
from idsync.model.ownership import is_ours
from idsync.targets.protocol import DirectoryReader


def foreign_entries(inputs: Inputs, names: frozenset[str], target: DirectoryReader) -> Iterator[Finding]:
    """A warning for each list that is not ours in which one of these names, which pass on, is a member or an owner."""
    if not names or not inputs.settings.integration.sync.access_lists:
        return
    org_url = inputs.settings.integration.org_url
    memberships, owned = target.memberships(names), target.owned_by(names)
    lists = target.access_lists(memberships.keys() | owned)
    for key, item in sorted(lists.items()):
        if is_ours(item.metadata.labels, org_url):
            continue
        owners = {owner.name for owner in item.spec.owners}
        for name in sorted(names & (memberships.get(key, {}).keys() | owners)):
            newcomer = inputs.pool.present[name]
            role = "an owner" if name in owners else "a member"
            yield Finding(
                "foreign_entry_inherited",
                "warning",
                f"{name}, which is the name of Okta user {newcomer.id} now, is {role} of the access list "
                f"{item.spec.title} ({key}), which is not ours: that was another person. Remove it there, if it is not "
                "meant for the person who has the name now.",
                (user_cause(newcomer), UpstreamCause("list", key, item.spec.title)),
            )
