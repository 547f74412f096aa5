"""What each doubt about a snapshot and each guard says: for documents, and for formats that explain a code.

`docs/diagnostics.md` is held equal to it. A new one gets its row here; IDSYNC_ACCEPT=1 writes the document again.
"""

import msgspec


class DoubtCode(msgspec.Struct, frozen=True):
    """A kind of doubt. `verdict` says what the snapshot is then, and whether nothing releases it."""

    name: str
    verdict: str
    says: str


class GuardCode(msgspec.Struct, frozen=True):
    """A guard, by what it counts."""

    name: str
    counts: str


DOUBT_CODES: dict[str, DoubtCode] = {}
GUARD_CODES: dict[str, GuardCode] = {}


def _doubt(name: str, verdict: str, says: str) -> None:
    DOUBT_CODES[name] = DoubtCode(name, verdict, says)


def _guard(name: str, counts: str) -> None:
    GUARD_CODES[name] = GuardCode(name, counts)


_doubt(
    "wrong_org",
    "broken",
    "The snapshot is of another organization, so that nothing can be planned.",
)
_doubt(
    "wrong_app",
    "broken",
    "The snapshot is of another app, so that nothing can be planned.",
)
_doubt(
    "incomplete",
    "suspect, never released",
    "The snapshot says of itself that some page could not be read. Read the source again.",
)
_doubt(
    "source_empty",
    "suspect",
    "Nobody has the app, while the last good reading had people. A credential without an admin role reads nobody.",
)
_doubt(
    "source_shrink",
    "suspect",
    "More went missing since the last good reading than `source_shrink` allows. People, groups, memberships, "
    "apps, direct assignments and the values of each profile attribute are measured apart.",
)
_doubt(
    "groups_empty",
    "suspect",
    "No group that is asked for has a member any more, or the reading has no group at all.",
)
_doubt(
    "apps_empty",
    "suspect",
    "No app that is asked for has a direct assignment any more, or the reading has no app at all.",
)
_doubt(
    "group_emptied",
    "suspect",
    "A group or app that had ten people or more in the last good reading is empty or gone, and nothing "
    "confirms it. A file cannot be asked. Okta is asked once more, and believed on a moved stamp, on its own "
    "404, and on what its log says where the credential may read it (`okta.logs.read`).",
)
_doubt(
    "unreadable",
    "suspect",
    "More than 1 % of the people, groups or apps, and at least five, cannot be read now and could in the "
    "last good reading.",
)
_doubt(
    "profiles_empty",
    "suspect",
    "Nobody has a value of any profile attribute, while people had some in the last good reading.",
)
_guard(
    "user_deletes",
    "Users of ours to be deleted.",
)
_guard(
    "user_locks",
    "Locks to be made on people who were ours before the plan.",
)
_guard(
    "member_removals",
    "Memberships to be removed, apart from those of leavers and of deleted lists.",
)
_guard(
    "access_list_deletes",
    "Lists of ours to be deleted.",
)
_guard(
    "app_group_deletes",
    "Apps and groups of ours to be deleted, with `sync.app_groups`. Their roles go with the lists, which are counted.",
)
_guard(
    "access_losses",
    "People who stay and whose effective access loses a role or a grant that they do not keep by another "
    "way. A role that another one replaces is lost. So is a trait that `users.traits` does not show any "
    "more; a value that a profile has no more is not, since a reading that lacks values is doubted for that. "
    "People who leave or are locked do not count; people who are adopted do.",
)
_guard(
    "upstream_removals",
    "Memberships to be removed in Okta, of those that both sides agreed on, with `sync.bidirectional`.",
)
_guard(
    "upstream_additions",
    "Memberships to be added in Okta, against the number of those that both sides agreed on.",
)
_guard(
    "lock_burst",
    "Locks within an hour, in passes that nobody attends only (`idsync reconcile`, `idsync serve`). Up to the limit "
    "they are made, by address; the rest waits for `idsync apply`.",
)
_guard(
    "access_gains",
    "People who were there before and gain a role or a grant within an hour, in passes that nobody attends only. "
    "What gives it waits for `idsync apply`.",
)
_guard(
    "protected_users",
    "People named in `protected_users` whom the plan would lock, delete or leave without a role; none is allowed.",
)
