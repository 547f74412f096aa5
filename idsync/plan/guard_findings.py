"""What is said of guards that block: with their numbers, their line in the configuration and the way past them."""

from collections.abc import Iterable, Mapping

from idsync.config.guards import Guard, Guards
from idsync.diagnostics import Position
from idsync.model.directory import ConfigCause
from idsync.model.directory_index import Managed
from idsync.model.findings import Finding
from idsync.model.numbers import counted
from idsync.plan.changes import GuardResult
from idsync.plan.guards import (
    ADDED_UPSTREAM,
    APP_GROUPS,
    BURST,
    GAINS,
    LOSSES,
    PROTECTED,
    REMOVED_UPSTREAM,
    Taken,
    managed_of,
)

_STAY = ("person who stays", "people who stay")
_LOSES_TRAITS = ("takes a role, a grant, or a trait that is not shown any more, from {}", *_STAY)
_WORDS = {
    "user_deletes": ("makes {}", "user deletion", ""),
    "user_locks": ("makes {}", "user lock", ""),
    "member_removals": ("makes {}", "member removal", ""),
    "access_list_deletes": ("makes {}", "access list deletion", ""),
    APP_GROUPS: ("makes {}", "deletion of apps and groups", "deletions of apps and groups"),
    LOSSES: ("takes a role or a grant from {}", *_STAY),
    BURST: ("makes {} within an hour", "lock", ""),
    REMOVED_UPSTREAM: ("removes {} in Okta", "membership", ""),
    ADDED_UPSTREAM: ("adds {} in Okta", "membership", ""),
    GAINS: ("gives a role or a grant to {} within an hour", "person", "people"),
}
"""What a plan does that a guard counts, and the noun for one of it and for several; the latter where -s does not do."""


def guard_findings(
    results: Iterable[GuardResult], taken: Taken, guards: Guards, managed: Managed, places: Mapping[str, Position]
) -> list[Finding]:
    """A finding for every guard that blocks, with its numbers, its line in the configuration and the way past it.

    `guards` are those that were judged by, of which `managed` says how much there is.
    """
    findings = []
    for result in results:
        if result.verdict == "ok":
            continue
        if result.guard == PROTECTED:
            harmed = ", ".join(sorted(taken.harmed))
            what = f"The plan would lock, delete or leave without a role people who are protected: {harmed}."
        else:
            traits = result.guard == LOSSES and taken.losses.of_hidden_traits
            words, one, several = _LOSES_TRAITS if traits else _WORDS[result.guard]
            limit = _limit_words(result, getattr(guards, result.guard), managed)
            what = f"The plan {words.format(counted(result.count, one, several))}; the limit is {limit}."
        place = places.get(result.guard)
        causes = () if place is None else (ConfigCause(place.file, place.line, place.column),)
        message = f"{what} To go ahead: apply --allow {result.guard}=REASON."
        findings.append(Finding(result.guard, "error", message, causes))
    return findings


def _limit_words(result: GuardResult, guard: Guard, managed: Managed) -> str:
    """The limit; where that of the configuration applied last still holds, both."""
    now = guard.own_limit(managed_of(result.guard, managed))
    if now <= result.limit:
        return f"{result.limit}"
    return f"{result.limit}, as applied last (the {now} of this configuration hold for the changes after it)"
