"""Who and what was read from Okta once, and nobody tells of where pushes alone tell: all of it stays as it was read."""

from collections.abc import Iterator, Sequence

from idsync.model.directory import UpstreamCause
from idsync.model.findings import KEPT_AS_READ, Finding
from idsync.model.identity import Snapshot, is_everyone
from idsync.model.numbers import counted
from idsync.stores.protocol import Pushed

_NAMED = 6
"""So many of a kind are named."""


def kept_as_read(facts: Snapshot, pushed: Pushed) -> Iterator[Finding]:
    """The finding about people, groups and apps that `facts` know and nobody pushes; none where there are none.

    Somebody who was only pushed as having left is told of by nobody, too. `facts` are those of the store.
    """
    people, lists = pushed.people_not_pushed(), pushed.lists_not_pushed()
    users = [UpstreamCause("user", user.id, user.username) for user in facts.users if user.id in people]
    groups = [
        UpstreamCause("group", group.id, group.name)
        for group in facts.groups
        if group.id in lists and not is_everyone(group.type, group.name)
    ]
    apps = [UpstreamCause("app", app.id, app.label) for app in facts.apps if app.id in lists]
    kinds = [each for each in (("person", "people", users), ("group", "", groups), ("app", "", apps)) if each[2]]
    if not kinds:
        return
    is_one = sum(len(causes) for _, _, causes in kinds) == 1
    what = _in_a_row([counted(len(causes), one, many) for one, many, causes in kinds])
    verbs, them = ("was read from Okta once and is", "it") if is_one else ("were read from Okta once and are", "them")
    names = "; ".join(_named("" if one == "person" else f"{one} ", causes) for one, _, causes in kinds)
    yield Finding(
        KEPT_AS_READ,
        "warning",
        f"{what} {verbs} not pushed, so that nothing takes {them} away any more: {names}. Push who is to stay: "
        "Provision User and Push Groups in Okta. For the rest, let idsync read Okta again, and take it away there.",
        tuple(cause for _, _, causes in kinds for cause in causes[:_NAMED]),
    )


def _in_a_row(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _named(kind: str, causes: Sequence[UpstreamCause]) -> str:
    more = f", … and {len(causes) - _NAMED:,} more" if len(causes) > _NAMED else ""
    return ", ".join(f"{kind}{cause.name}" for cause in causes[:_NAMED]) + more
