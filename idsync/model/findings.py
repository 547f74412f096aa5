"""Findings: what compiling and planning notice about people and lists, and the verdicts on a snapshot."""

from typing import Literal

import msgspec

from idsync.model.directory import Cause, Reason

Severity = Literal["info", "warning", "error"]
Verdict = Literal["ok", "suspect", "broken"]

# Codes that one part of the program gives and another one acts on; a release of them goes by the same name.
LOGIN_REUSED = Reason.LOGIN_REUSED.value
"""A lock keeps the credentials of a former holder out of a name that another person has now."""
NOT_MERGED = "not_merged"
"""Memberships go both ways, and the plan was made without what both sides agreed on."""
UPSTREAM_READ_ONLY = "upstream_read_only"
"""A group that Okta fills itself was edited in the directory."""
UPSTREAM_PRIVILEGED = "upstream_privileged"
"""A group that conveys an admin role was edited in the directory."""
UPSTREAM_CONVEYED = "upstream_conveyed"
"""Somebody removed from an app has it through a group as well."""
UPSTREAM_UNREAD = "upstream_unread_group"
"""Somebody removed from an app may have it through a group as well, whose members are not read."""
UPSTREAM_UNKNOWN = "upstream_unknown_member"
"""A list that goes both ways has a member who is nobody in the pool."""
UPSTREAM_NESTED = "upstream_nested_member"
"""Somebody removed in Okta stays in a list by another that is nested in it."""
UPSTREAM_NESTING = "upstream_nesting"
"""Lists nested in one that goes both ways contain each other, or are too deep."""
REMOVAL_WON = "upstream_removal_won"
"""Somebody was removed in Okta and edited in the directory."""
ORPHANED = "orphaned"
"""Objects of ours carry an address of an organization that no integration answers for."""
KEPT_AS_READ = "kept_as_read"
"""People, groups and apps were read once, and nobody tells of them now that pushes alone tell."""
NOT_PUSHED = "not_pushed"
"""Groups were pushed once, and are not in Okta's list of those that it pushes."""
OLDER = "source_older"
"""The reading is older than that of the last apply."""
GUARDS_CHANGED = "guards_changed"
"""An edit loosens or tightens what keeps people safe."""
CONFIG_CHANGED = "config_changed"
"""An edit changes nothing for anybody now, and is to be put in force all the same."""
EDITS = frozenset({GUARDS_CHANGED, CONFIG_CHANGED})
"""What is told of an edit that no change shows: with it, a plan without changes is not one that does nothing."""


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


class MissingEdge(msgspec.Struct, frozen=True, gc=False):
    """The first link that a person lacks on the way to something; `fix` says who could add it, and where."""

    what: str
    fix: str
    causes: tuple[Cause, ...] = ()
