"""People, groups and apps of whom a reading says nothing that can be used: what the directory has of them stays.

A group that is left as it is may give roles. Who has one of these keeps it, since nobody can say who is in the group.
"""

from collections.abc import Iterable

import msgspec

from idsync.config.settings import GroupRule, Settings
from idsync.diagnostics import quoted
from idsync.model.directory import UpstreamCause
from idsync.model.findings import Finding
from idsync.model.identity import IdentityKind, LeftAsIs, Snapshot
from idsync.model.measures import Measures

_NAMED = 50
"""So many rows of a kind are named one by one; of more, they are counted."""


class LeftRows(msgspec.Struct, frozen=True):
    """What is left as it is: `lists` by id, or with `all_absent_lists` everything that the reading lacks.

    `roles` are those that its groups give, as far as rules say so.
    """

    lists: frozenset[str] = frozenset()
    all_absent_lists: bool = False
    roles: frozenset[str] = frozenset()


def left_rows(settings: Settings, snapshot: Snapshot, good: Measures | None) -> LeftRows:
    """The lists that are left as they are, and the roles that nobody loses meanwhile.

    A group whose name cannot be read has the name that the last good reading knew.
    """
    rows = [row for row in snapshot.left_as_is if row.kind != "user"]
    if not rows:
        return LeftRows()
    known = {} if good is None else good.known_lists
    names = {row.name or (known[row.id].name if row.id in known else "") for row in rows if row.kind == "group"}
    if any(not row.id for row in rows):
        names |= {item.name for name, item in known.items() if name not in _present(snapshot)}
    return LeftRows(
        frozenset(row.id for row in rows if row.id),
        any(not row.id for row in rows),
        frozenset(role for name in names if name for role in _roles_of(settings, name)),
    )


def _present(snapshot: Snapshot) -> frozenset[str]:
    return frozenset([*(group.id for group in snapshot.groups), *(app.id for app in snapshot.apps)])


def _roles_of(settings: Settings, group: str) -> Iterable[str]:
    for rule in settings.role_rules:
        captures = rule.group.match(group) if isinstance(rule, GroupRule) else None
        if captures is not None:
            yield from (role for role in (template.expand(captures) for template in rule.roles) if role)


def findings_of(rows: Iterable[LeftAsIs]) -> list[Finding]:
    """A finding for each row that is left as it is; of very many of a kind, one that counts the rest."""
    findings: list[Finding] = []
    counts: dict[tuple[IdentityKind, str], int] = {}
    for row in sorted(rows, key=lambda row: (row.kind, row.id, row.why)):
        counts[row.kind, row.code] = counts.get((row.kind, row.code), 0) + 1
        if counts[row.kind, row.code] <= _NAMED:
            findings.append(_finding(row))
    for (kind, code), count in counts.items():
        if count > _NAMED:
            message = f"{count - _NAMED:,} more {kind}s are left as they are for such reasons."
            findings.append(_of_code(code, message))
    return findings


def _finding(row: LeftAsIs) -> Finding:
    what = {"user": "Okta user", "group": "The group", "app": "The app"}[row.kind]
    name = quoted(row.name) if row.name else ""
    called = f"{name} ({row.id})" if name and row.id else row.id or name
    left = {
        "user": "left as they are.",
        "group": "its list and the roles that it gives are left as they are.",
        "app": "its list is left as it is.",
    }[row.kind]
    if not row.id:
        called = called or "of an id that cannot be read"
        left = "nobody who is absent is taken for gone." if row.kind == "user" else "no list that is absent goes."
    return _of_code(row.code, f"{what} {called} {row.why}; {left}", _causes(row))


def _of_code(code: str, message: str, causes: tuple[UpstreamCause, ...] = ()) -> Finding:
    if code == "passed_over":
        return Finding("passed_over", "warning", message, causes)
    return Finding("unreadable", "error", message, causes)


def _causes(row: LeftAsIs) -> tuple[UpstreamCause, ...]:
    return (UpstreamCause(row.kind, row.id, row.name),) if row.id else ()
