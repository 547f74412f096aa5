"""Findings: what compiling and planning notice about people and lists, and the verdicts on a snapshot."""

from typing import Literal

import msgspec

from idsync.model.directory import Cause

Severity = Literal["info", "warning", "error"]
Verdict = Literal["ok", "suspect", "broken"]


class Finding(msgspec.Struct, frozen=True, gc=False):
    """Something a reviewer should know; the item it names is left as it is, and the rest goes on."""

    code: str
    severity: Severity
    message: str
    causes: tuple[Cause, ...] = ()


class Health(msgspec.Struct, frozen=True):
    """The verdict on a snapshot and why."""

    verdict: Verdict = "ok"
    findings: tuple[Finding, ...] = ()


class SourceFacts(msgspec.Struct, frozen=True):
    """The counts of a snapshot that its health is judged by.

    `listed` are the groups and apps that it knows, built-in groups and the SSO app apart; `lists` those of them that
    pass the filters. `emptied` are the ids of those groups when not one has a member, and of the apps likewise.
    `unlisted` are lists of the directory whose kind, groups or apps, the snapshot does not know at all.
    `group_roles` counts the people to whom some group gives a role.
    """

    org_url: str
    app_id: str
    complete: bool
    pool: int
    listed: int
    lists: int
    lists_with_members: int
    emptied: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    group_roles: int = 0


class MissingEdge(msgspec.Struct, frozen=True, gc=False):
    """The first link that a person lacks on the way to something; `fix` says who could add it, and where."""

    what: str
    fix: str
    causes: tuple[Cause, ...] = ()
