"""What every snapshot keeps to, wherever it comes from: nothing downstream needs to doubt its ids and names."""

from collections import Counter
from collections.abc import Sequence

from idsync.errors import SnapshotError
from idsync.model.identity import Snapshot


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
                f"{where} cannot be used: {problem}.",
                why="Ids and names tell people and lists apart in plans and in the directory.",
                fix="Fix the object where it comes from, or write the snapshot again with `idsync snapshot`.",
            )


def _id_problem(kind: str, ids: Sequence[str]) -> str | None:
    # One look at all of them together: there may be a hundred thousand.
    if not _may_be_id("".join(ids)) or "" in ids:
        odd = next(identifier for identifier in ids if not identifier or not _may_be_id(identifier))
        return f"a {kind} has the id {odd[:100]!r}, which is not an id"
    if len(set(ids)) != len(ids):
        twice, _ = Counter(ids).most_common(1)[0]
        return f"two {kind}s have the id {twice!r}"
    return None


def _may_be_id(text: str) -> bool:
    """Visible ASCII without the slash, which separates names in addresses."""
    return text.isascii() and text.isprintable() and " " not in text and "/" not in text


def _name_problem(kind: str, ids: Sequence[str], names: Sequence[str]) -> str | None:
    if "" not in names and "\0" not in "".join(names):
        return None
    identifier = next(identifier for identifier, name in zip(ids, names, strict=True) if not name or "\0" in name)
    return f"the name of {kind} {identifier} is empty or holds NUL"
