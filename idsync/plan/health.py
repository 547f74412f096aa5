"""The verdict on a snapshot. A bad read blocks every removal on its own, before any budget on changes."""

from collections.abc import Iterable
from typing import assert_never

import msgspec

from idsync.config.settings import AppById, AppByLabel, GroupRule, Settings
from idsync.model.directory import LastApply, Reason
from idsync.model.directory_index import DirectoryIndex
from idsync.model.findings import Finding, Health, SourceFacts
from idsync.model.identity import Snapshot
from idsync.model.resources import AccessList, User
from idsync.model.times import parse_time
from idsync.plan.changes import AccessListChange, Change, LockChange, UserChange
from idsync.plan.effective import granted

replace = msgspec.structs.replace
RELEASABLE = frozenset({"source_empty", "source_shrink", "groups_empty"})
"""The codes of a suspect snapshot that `--allow` may release; nothing releases a broken one."""


def wrong_source(settings: Settings, snapshot: Snapshot) -> Finding | None:
    """The finding that there is nothing to plan, because the snapshot is of another org or app."""
    integration = settings.integration
    if snapshot.org_url.lower().rstrip("/") != integration.org_url:
        return _finding(
            "wrong_org", f"The snapshot is of {snapshot.org_url}, the configuration is for {integration.org_url}."
        )
    match integration.app:
        case AppById(id=wanted):
            found = snapshot.app_id
        case AppByLabel(label=wanted):
            found = _app_label(snapshot) or wanted
        case _:
            assert_never(integration.app)
    if found != wanted:
        return _finding("wrong_app", f"The snapshot is of the app {found}, the configuration names {wanted}.")
    return None


def _app_label(snapshot: Snapshot) -> str:
    """The label of the app that the snapshot is of; empty when it does not say."""
    listed = (app.label for app in snapshot.apps if app.id == snapshot.app_id)
    return snapshot.app_label or next(listed, "")


def older_than_last(snapshot: Snapshot, last: LastApply | None) -> list[Finding]:
    """A warning that a snapshot was taken before that of the last apply: it would undo what happened since."""
    try:
        older = last is not None and parse_time(snapshot.taken_at) < parse_time(last.snapshot_taken_at)
    except ValueError:  # a plan file may have said anything of when its snapshot was taken
        return []
    if last is None or not older:
        return []
    message = (
        f"The snapshot was taken at {snapshot.taken_at}, before that of the last apply ({last.snapshot_taken_at}): "
        "this plan takes back what happened in between. Read the source again, unless that is meant."
    )
    return [Finding("source_older", "warning", message)]


def judge(
    settings: Settings, facts: SourceFacts, index: DirectoryIndex, last: LastApply | None, changes: Iterable[Change]
) -> Health:
    """The health of a snapshot of the right org: `ok`, `suspect` or `broken`, with a finding for each doubt.

    `changes` are those to be made if it were right.
    """
    if not facts.complete:
        message = "The snapshot is incomplete: some page of it could not be read."
        return Health("broken", (_finding("incomplete", message),))
    doubts = [
        *_pool_doubts(settings, facts, index, last),
        *(list(_list_doubts(settings, facts, index, last)) or _role_doubts(settings, facts, changes)),
    ]
    return Health("suspect", tuple(doubts)) if doubts else Health()


def _pool_doubts(
    settings: Settings, facts: SourceFacts, index: DirectoryIndex, last: LastApply | None
) -> Iterable[Finding]:
    managed = sum(entry.okta_id is not None for entry in index.users.values())
    known = last.pool if last is not None else managed
    if facts.pool == 0 and (managed or known or _filled(index)):
        yield _finding(
            "source_empty",
            f"Nobody has the app in this snapshot, while we manage {managed} people and {_filled(index)} filled lists. "
            "An Okta credential without an admin role on the app reads nobody.",
        )
        return
    limit = settings.guards.source_shrink.limit(known)
    if known - facts.pool > limit:
        yield _finding(
            "source_shrink",
            f"{facts.pool} people have the app, {known - facts.pool} fewer than the {known} of the last apply; "
            f"at most {limit} may go missing between two reads.",
        )


def _list_doubts(
    settings: Settings, facts: SourceFacts, index: DirectoryIndex, last: LastApply | None
) -> Iterable[Finding]:
    filled = _filled(index)
    config_changed = last is not None and last.config_digest != settings.digest
    filtered_out = config_changed and facts.lists == 0 and facts.listed > 0
    if settings.integration.sync.access_lists and filled and facts.lists_with_members == 0 and not filtered_out:
        yield _finding(
            "groups_empty",
            f"No imported group or app has a member in this snapshot, while {filled} access lists of ours have some.",
        )
        return
    # The last member of one list may well leave; of all groups, or all apps, at once they hardly do. A filter may let
    # none of a kind pass any more, and then none is read.
    doubtful = facts.emptied if config_changed else facts.emptied | facts.unlisted
    lists = [index.access_lists[name] for name in doubtful if name in index.access_lists]
    lost = sum(entry.ours and entry.member_count > 0 for entry in lists)
    if settings.integration.sync.access_lists and lost > 1:
        yield _finding(
            "groups_empty",
            f"None of the imported groups, or none of the apps, has a member in this snapshot, while {lost} of their "
            "access lists have some. An Okta credential whose role does not cover them reads them empty.",
        )


def _role_doubts(settings: Settings, facts: SourceFacts, changes: Iterable[Change]) -> Iterable[Finding]:
    """As for lists: of all groups that give roles at once the last members hardly leave."""
    by_group = any(isinstance(rule, GroupRule) for rule in settings.role_rules)
    losing = sum(map(_loses_roles_of_groups, changes)) if by_group and not facts.group_roles else 0
    if losing > 1:
        yield _finding(
            "groups_empty",
            f"No group that a role mapping names has a member in this snapshot, while {losing} people would lose "
            "roles. An Okta credential whose role does not cover these groups reads them empty.",
        )


def _loses_roles_of_groups(change: Change) -> bool:
    match change:
        case UserChange(reason=Reason.MEMBERSHIP_CHANGED, before=User(spec=before), after=User(spec=after)):
            return not set(before.roles) <= set(after.roles)
        case _:
            return False


def _filled(index: DirectoryIndex) -> int:
    return sum(entry.ours and entry.member_count > 0 for entry in index.access_lists.values())


def held_back(changes: Iterable[Change], health: Health) -> tuple[Change, ...]:
    """The changes, with every delete, lock and removal marked as blocked by the doubts about the snapshot."""
    if health.verdict == "ok":
        return tuple(changes)
    codes = tuple(sorted(finding.code for finding in health.findings))
    return tuple(replace(change, blocked_by=codes) if takes_access(change) else change for change in changes)


def takes_access(change: Change) -> bool:
    """Whether a change locks or deletes, or takes members, roles, traits or grants away."""
    if change.action == "delete":
        return True
    match change:
        case LockChange():
            return True
        case UserChange(before=User(spec=before), after=User(spec=after)):
            return not (set(before.roles) <= set(after.roles) and before.traits.keys() <= after.traits.keys())
        case AccessListChange(before=AccessList(spec=had), after=AccessList(spec=has)):
            return bool(change.members_removed) or not set(granted(had.grants)) <= set(granted(has.grants))
        case UserChange() | AccessListChange():
            return False
        case _:
            assert_never(change)


def _finding(code: str, message: str) -> Finding:
    return Finding(code, "error", message)
