"""What every snapshot keeps to, wherever it comes from: nothing downstream needs to doubt its ids and names."""

import re
from collections.abc import Sequence

from idsync.errors import SnapshotError
from idsync.model.identity import Snapshot

_NO_ID = re.compile(r"[^!-.0-~\n]")
"""What no id holds: anything but visible ASCII, and the slash, which separates names in addresses."""


def require_sound(snapshot: Snapshot, where: str) -> None:
    """Raise SnapshotError for an id that is empty, odd or used twice, or a name that is empty or holds NUL."""
    parts: tuple[tuple[str, list[str], list[str]], ...] = (
        ("user", [user.id for user in snapshot.users], [user.username for user in snapshot.users]),
        ("group", [group.id for group in snapshot.groups], [group.name for group in snapshot.groups]),
        ("app", [app.id for app in snapshot.apps], [app.label for app in snapshot.apps]),
    )
    for kind, ids, names in parts:
        problem = _id_problem(kind, ids) or _name_problem(kind, ids, names)
        if problem:
            raise SnapshotError(
                f"{where} cannot be used: {problem}",
                why="ids and names tell people and lists apart in plans and in the directory",
                fix="mend the object where it comes from, or write the snapshot again with `idsync snapshot`",
            )


def _id_problem(kind: str, ids: Sequence[str]) -> str | None:
    joined = "\n".join(ids)
    if len(set(ids)) != len(ids):
        seen: set[str] = set()
        twice = next(identifier for identifier in ids if identifier in seen or seen.add(identifier))  # type: ignore[func-returns-value]
        return f"two {kind}s have the id {twice!r}"
    if "" in ids or _NO_ID.search(joined) or joined.count("\n") != max(len(ids) - 1, 0):
        odd = next((identifier for identifier in ids if not identifier or re.search(r"[^!-.0-~]", identifier)), "")
        return f"a {kind} has the id {odd[:100]!r}, which is no id"
    return None


def _name_problem(kind: str, ids: Sequence[str], names: Sequence[str]) -> str | None:
    if "" not in names and "\0" not in "\n".join(names):
        return None
    identifier = next(identifier for identifier, name in zip(ids, names, strict=True) if not name or "\0" in name)
    return f"the name of {kind} {identifier} is empty or holds NUL"
