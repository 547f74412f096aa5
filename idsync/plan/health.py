"""The verdict on a reading. A bad read blocks every removal on its own, before any budget on changes.

A whole reading is compared with the last good one, over what both were asked for. What the configuration, people's own
hands or the plan did in between has no part in it.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, assert_never

import msgspec

from idsync.config.guards import Guard
from idsync.config.settings import AppById, AppByLabel, Settings
from idsync.diagnostics import quoted
from idsync.model.directory import LastApply
from idsync.model.findings import OLDER, Finding, Health
from idsync.model.identity import Snapshot, is_everyone
from idsync.model.measures import CROWD, ListMeasure, Measures, Seen, Unasked
from idsync.model.numbers import counted
from idsync.model.org_urls import normal_org_url
from idsync.model.plain_resources import App, Role, UserGroup
from idsync.model.resources import AccessList, Metadata, User
from idsync.model.times import parse_time
from idsync.plan.changes import (
    AccessListChange,
    AppChange,
    Change,
    LockChange,
    PlainChange,
    RoleChange,
    UserChange,
    UserGroupChange,
    passes_on,
)
from idsync.plan.effective import granted

replace = msgspec.structs.replace
RELEASABLE = frozenset(
    {"source_empty", "source_shrink", "groups_empty", "apps_empty", "group_emptied", "profiles_empty", "unreadable"}
)
"""The codes of a suspect reading that `--allow` may release; nothing releases a broken one."""

FEWEST_ODD = 5
ODD_SHARE = 0.01
"""So many odd rows of a kind, and more than this part of them, do not come from single rows."""


_NAMED = 5


class Judgement(msgspec.Struct, frozen=True):
    """The health of a reading, and whether the people in it are in doubt, or only their groups, apps and attributes."""

    health: Health
    doubts_people: bool = False


def wrong_source(settings: Settings, snapshot: Snapshot, last: LastApply | None) -> Finding | None:
    """The finding that there is nothing to plan, because the snapshot is of another org or app.

    Two apps may have one label: the app is that of the last good reading, unless the configuration names it by its id.
    """
    integration = settings.integration
    if normal_org_url(snapshot.org_url) not in (integration.org_url, *integration.former_org_urls):
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
    known = last.good.app_id if last is not None and last.good is not None else ""
    if isinstance(integration.app, AppByLabel) and known and snapshot.app_id != known:
        return _finding(
            "wrong_app",
            f"The snapshot is of the app {snapshot.app_id}, and the last good reading was of {known}. If the app "
            f"labelled {quoted(integration.app.label)} is another one now, name it by its id: app: "
            f"{{id: {snapshot.app_id}}}.",
        )
    return None


def _app_label(snapshot: Snapshot) -> str:
    """The label of the app that the snapshot is of; empty when it does not say."""
    listed = (app.label for app in snapshot.apps if app.id == snapshot.app_id)
    return snapshot.app_label or next(listed, "")


def is_older(taken_at: str, applied: str) -> bool:
    """Whether a reading was taken before the one that was applied last; never where there was no reading.

    What is not a time at all was not written by a reading, and counts as older.
    """
    try:
        last = parse_time(applied)
    except ValueError:  # an apply of old may have kept anything
        return False
    try:
        return bool(taken_at) and parse_time(taken_at) < last
    except ValueError:
        return True


def older_than_last(snapshot: Snapshot, last: LastApply | None) -> list[Finding]:
    """An error where a snapshot was taken before that of the last apply: it would undo what happened since."""
    if last is None or not is_older(snapshot.taken_at, last.snapshot_taken_at):
        return []
    message = (
        f"The reading was taken at {snapshot.taken_at}, before that of the last apply ({last.snapshot_taken_at}): this "
        f"plan takes back what happened in between, and apply refuses it. Read the source again; if you mean to go "
        f"back, apply --allow {OLDER}=REASON."
    )
    return [Finding(OLDER, "error", message)]


def judge(settings: Settings, seen: Seen, before: Measures) -> Judgement:
    """The health of a reading of the right org, against an earlier one cut down to what both were asked for.

    `ok`, `suspect` or `broken`, with a finding for each doubt.
    """
    if not seen.complete:
        message = "The snapshot says that it is incomplete: some page of it could not be read."
        return Judgement(Health("suspect", (_finding("incomplete", message),)), doubts_people=True)
    limit, unasked = settings.limits.source_shrink, before.not_asked
    about_people = [*_people_doubts(limit, seen, before), *_odd_rows(seen, before, "user")]
    findings = (
        *about_people,
        *_odd_rows(seen, before, "group"),
        *_odd_rows(seen, before, "app"),
        *_list_doubts(limit, seen, before, "group"),
        *_list_doubts(limit, seen, before, "app"),
        *(_attribute_doubts(limit, seen, before) if _same_pool(seen.measures, before) else ()),
        *(_attribute_doubts(limit, seen, unasked) if _same_pool(seen.measures, unasked) else ()),
    )
    return Judgement(Health("suspect", findings), bool(about_people)) if findings else Judgement(Health())


def _people_doubts(limit: Guard, seen: Seen, before: Measures) -> Iterator[Finding]:
    """Doubts about the pool; those who are there and cannot be read are not missing."""
    now = seen.measures.people + sum(row.kind == "user" for row in seen.odd)
    pool: Measures | Unasked = before
    if not _same_pool(seen.measures, before) and now:
        pool = before.not_asked  # another app, as the configuration asks: perhaps one that was read before
        if not pool.people or not _same_pool(seen.measures, pool):
            return
    if now == 0 and before.people:
        yield _finding(
            "source_empty",
            f"Nobody has the app in this reading; the last good one had {before.people:,}. "
            "An Okta credential without an admin role on the app reads nobody.",
        )
    elif pool.people - now > limit.limit(pool.people):
        yield _shrunk(limit, "person with the app", "people with the app", pool.people, now)


def _odd_rows(seen: Seen, before: Measures, kind: Literal["user", "group", "app"]) -> Iterator[Finding]:
    """A doubt where many rows that the last good reading could read cannot be read any more."""
    odd = sum(row.kind == kind and row.id not in before.odd_ids for row in seen.odd)
    known = before.people if kind == "user" else sum(item.kind == kind for item in before.lists.values())
    if odd >= FEWEST_ODD and odd > known * ODD_SHARE:
        what = {"user": "people", "group": "groups", "app": "apps"}[kind]
        yield _finding(
            "unreadable",
            f"{odd:,} {what} cannot be read in this reading, and could in the last good one, which had {known:,}. "
            "So many odd rows at once hardly come from Okta's administrators.",
        )


def _list_doubts(limit: Guard, seen: Seen, before: Measures, kind: Literal["group", "app"]) -> Iterator[Finding]:
    """Doubts about groups, or about apps; one that exists and is not asked for any more is not missing."""
    explained = seen.others.keys() | seen.confirmed | seen.left
    was = {name: item for name, item in before.lists.items() if item.kind == kind and name not in explained}
    now = {name: seen.measures.lists[name] for name in was if name in seen.measures.lists}
    lists = _as_read(was)
    members, left = _people(lists.values()), _people(now[name] for name in lists if name in now)
    if not members:
        return
    several = sum(item.people > 0 for item in lists.values()) > 1 or members > limit.limit(members)
    if (not left and several) or (not now and kind not in seen.others.values()):
        message = (
            f"No {kind} that is asked for has a member in this reading; in the last good one "
            f"{counted(len(lists), kind)} had {members:,}. An Okta credential whose role does not cover them reads "
            "them empty."
        )
        yield _finding("groups_empty", message) if kind == "group" else _finding("apps_empty", message)
        return
    if len(was) - len(now) > limit.limit(len(was)):
        yield _shrunk(limit, kind, f"{kind}s", len(was), len(now))
    if members - left > limit.limit(members):
        one, of = ("membership", "of groups") if kind == "group" else ("direct assignment", "of apps")
        yield _shrunk(limit, f"{one} {of}", f"{one}s {of}", members, left)
    emptied = {
        name: item for name, item in was.items() if item.people >= CROWD and (name not in now or not now[name].people)
    }
    if emptied:
        yield _finding("group_emptied", _emptied(emptied, now, kind))


def _as_read(lists: dict[str, ListMeasure]) -> dict[str, ListMeasure]:
    """The lists without Everyone, whose members no source reads: it is full however badly the others were read."""
    read = {name: item for name, item in lists.items() if not is_everyone(item.type, item.name)}
    return read if _people(read.values()) else lists


def _attribute_doubts(limit: Guard, seen: Seen, before: Measures | Unasked) -> Iterator[Finding]:
    """People who left took their values with them, and of odd rows none is known: that is counted elsewhere."""
    now = seen.measures
    odd = sum(row.kind == "user" for row in seen.odd)
    gone = max(before.people - now.people - odd, 0) + odd
    if max(before.attributes.values(), default=0) > gone and now.people and not now.attributes:
        message = "Nobody has a profile in this reading; an Okta credential that may not read users reads them bare."
        yield _finding("profiles_empty", message)
        return
    lost = {
        attribute: (had, now.attributes.get(attribute, 0))
        for attribute, had in sorted(before.attributes.items())
        if had - now.attributes.get(attribute, 0) - gone > limit.limit(had)
    }
    if lost:
        worst = [f"{quoted(name)} ({has:,} of {had:,})" for name, (had, has) in lost.items()]
        yield _finding(
            "source_shrink",
            f"Fewer people have a value of {_some(worst)} than in the last good reading; at most "
            f"{limit.percent:f} % of them, or {limit.floor}, may lose one between two readings.",
        )


def _same_pool(now: Measures, before: Measures | Unasked) -> bool:
    """Whether both are of one app. What the directory itself says is of the app that is read now."""
    return not before.app_id or now.app_id == before.app_id


def _people(lists: Iterable[ListMeasure]) -> int:
    return sum(item.people for item in lists)


def _shrunk(limit: Guard, one: str, several: str, before: int, now: int) -> Finding:
    return _finding(
        "source_shrink",
        f"This reading has {counted(now, one, several)}, {before - now:,} fewer than the {before:,} of the last good "
        f"one; at most {limit.limit(before):,} may go missing between two readings.",
    )


def _emptied(emptied: dict[str, ListMeasure], now: dict[str, ListMeasure], kind: str) -> str:
    names = [
        f"{quoted(item.name) if item.name else name} ({item.people:,}, {'now empty' if name in now else 'now gone'})"
        for name, item in sorted(emptied.items())
    ]
    what = f"This {kind} lost everybody" if len(names) == 1 else f"These {kind}s lost everybody"
    return (
        f"{what} since the last good reading: {_some(names)}. {CROWD} people or more hardly leave one {kind} at once."
    )


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"


def held_back(changes: Iterable[Change], judgement: Judgement, shown_out: frozenset[str]) -> tuple[Change, ...]:
    """The changes, with every delete, lock and removal marked as blocked by the doubts about the reading.

    `shown_out` are people whom Okta itself shows as deactivated or suspended: where only groups, apps or attributes are
    in doubt, their locks go ahead.
    """
    if judgement.health.verdict == "ok":
        return tuple(changes)
    codes = tuple(sorted({finding.code for finding in judgement.health.findings}))
    certain = frozenset() if judgement.doubts_people else shown_out
    return tuple(
        replace(change, blocked_by=codes) if takes_access(change) and not _locks_one_of(change, certain) else change
        for change in changes
    )


def _locks_one_of(change: Change, people: frozenset[str]) -> bool:
    return isinstance(change, LockChange) and change.after is not None and change.after.spec.target.user in people


def takes_access(change: Change) -> bool:
    """Whether a change locks or deletes, or takes members, roles, values of traits or grants away."""
    if change.action == "delete":
        return True
    match change:
        case LockChange():
            return True
        case UserChange(before=User(spec=before), after=User(spec=after)):
            return passes_on(change) or not set(granted(before)) <= set(granted(after))
        case AccessListChange(before=AccessList(spec=had), after=AccessList(spec=has)):
            return bool(change.members_removed) or not set(granted(had.grants)) <= set(granted(has.grants))
        case UserChange() | AccessListChange():
            return False
        case RoleChange(before=Role(spec=given), after=Role(spec=gives)):
            return given.allow != gives.allow
        case AppChange(before=App(metadata=had_labels), after=App(metadata=has_labels)):
            return takes_labels(had_labels, has_labels)
        case UserGroupChange(before=UserGroup(metadata=had_labels), after=UserGroup(metadata=has_labels)):
            return takes_labels(had_labels, has_labels)
        case PlainChange():
            return False
        case _:
            assert_never(change)


def takes_labels(before: Metadata, after: Metadata) -> bool:
    """Whether an app or group has not every label any more by which a role may give it."""
    return not before.labels.items() <= after.labels.items()


def _finding(code: str, message: str) -> Finding:
    return Finding(code, "error", message)
