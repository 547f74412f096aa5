"""How counts, reasons, causes and times are put into words."""

from collections.abc import Sequence
from typing import assert_never

from idsync.model.directory import Cause, ConfigCause, Reason, UpstreamCause
from idsync.model.numbers import counted as counted
from idsync.plan.sections import OKTA
from idsync.render.escape_text import shown, visible

REASONS: dict[Reason, str] = {
    Reason.ASSIGNED: "assigned in Okta",
    Reason.UNASSIGNED: "no longer assigned in Okta",
    Reason.DEACTIVATED: "deactivated in Okta",
    Reason.DELETED_UPSTREAM: "deleted in Okta",
    Reason.SUSPENDED: "suspended in Okta",
    Reason.UNSUSPENDED: "no longer suspended in Okta",
    Reason.REPROVISIONED: "back in Okta",
    Reason.RENAMED: "renamed in Okta",
    Reason.LOGIN_REUSED: "the name is another person's now",
    Reason.PROFILE_CHANGED: "profile changed in Okta",
    Reason.TRAITS_CHANGED: "shown traits changed",
    Reason.ROLE_MAPPING_CHANGED: "role mapping changed",
    Reason.IMPORTED: "imported from Okta",
    Reason.LABELS_CHANGED: "labels changed",
    Reason.LINKS_CHANGED: "linked differently in Okta",
    Reason.GROUP_RENAMED: "renamed in Okta",
    Reason.TITLE_CHANGED: "title changed",
    Reason.DESCRIPTION_CHANGED: "described differently in Okta",
    Reason.MEMBERSHIP_CHANGED: "members changed in Okta",
    Reason.FILTER_CHANGED: "filters changed",
    Reason.GRANTS_CHANGED: "grants changed",
    Reason.BECAME_EMPTY: "nobody left in it",
    Reason.BECAME_BUILT_IN: "built into Okta now",
    Reason.DRIFT: "changed by hand, put back",
    Reason.ADOPTED: "taken over from an SSO login",
    Reason.RELABELLED: "labelled with the organization's new address",
    Reason.IDENTIFIED: "labelled with the person's Okta id, which is known now",
    Reason.SUSPENSION_CHANGED: "users.suspended changed in the configuration",
    Reason.APP_CHANGED: "app changed in the configuration",
    Reason.SYNC_CHANGED: "sync changed in the configuration",
    Reason.WHEN_EMPTY_CHANGED: "the setting for empty lists changed in the configuration",
    Reason.MEMBERS_EDITED: "members edited in the directory",
    Reason.ADOPTED_BY_NAME: "taken over, since users.adopt names it",
    Reason.CLEARED: "everything of ours is removed",
}
CAUSES_SHOWN = 3
_CODES = frozenset(reason.value for reason in Reason)


def reason_words(code: str) -> str:
    """A reason in words; one that this version does not know, by its code."""
    return REASONS[Reason(code)] if code in _CODES else visible(code)


def listed(words: Sequence[str], limit: int = 6) -> str:
    """Words in a row, the rest counted."""
    return _listed(words[:limit], len(words))


def listed_names(names: Sequence[str], limit: int = 6) -> str:
    """Names in a row as people see them, the rest counted."""
    return _listed([shown(name) for name in names[:limit]], len(names))


def _listed(first: Sequence[str], total: int) -> str:
    words = ", ".join(first)
    return words if len(first) == total else f"{words}, … and {total - len(first):,} more"


def cause_words(cause: Cause) -> str:
    """One cause: `group eng (00g1)`, or `roles.yaml:7 (group is aws-*)`."""
    match cause:
        case UpstreamCause():
            if cause.object == "user":
                return f"Okta user {shown(cause.id)}"
            return f"{visible(cause.object)} {named(cause.name, cause.id)}"
        case ConfigCause():
            place = f"{shown(cause.file)}:{cause.line}"
            return f"{place} ({shown(cause.rule)})" if cause.rule else place
        case _:
            assert_never(cause)


def causes_words(causes: Sequence[Cause]) -> str:
    """Several causes, the first few of them."""
    return _listed([cause_words(cause) for cause in causes[:CAUSES_SHOWN]], len(causes))


def in_target(target: str) -> str:
    """In which target something is, to be said after it; nothing of the first one, which most plans are for alone."""
    if target == OKTA:
        return " in Okta"
    return f" in the target {shown(target)}" if target else ""


def named(title: str, name: str) -> str:
    """A list or group as people know it, with the name that finds it again."""
    return f"{shown(title)} ({shown(name)})" if title and title != name else shown(name)
