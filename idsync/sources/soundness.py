"""What every snapshot keeps to, wherever it comes from: nothing downstream needs to doubt its ids and names."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from idsync.errors import SnapshotError
from idsync.model.identity import LeftAsIs, Snapshot
from idsync.model.odd_rows import Item, kind_of, may_be_id, name_fault, name_of, names_are_plain


def sound(snapshot: Snapshot, where: str) -> Snapshot:
    """The snapshot without rows whose id or name cannot be used, which are left as they are.

    Raises SnapshotError for an id that is used twice: which of the two is meant, nobody knows.
    """
    left: list[LeftAsIs] = []
    users = _usable(snapshot.users, [user.username for user in snapshot.users], left)
    groups = _usable(snapshot.groups, [group.name for group in snapshot.groups], left)
    apps = _usable(snapshot.apps, [app.label for app in snapshot.apps], left)
    for kind, items in (("user", users), ("group", groups), ("app", apps)):
        _require_distinct(kind, [item.id for item in items], where)
    if not left:
        return snapshot
    return msgspec.structs.replace(
        snapshot, users=users, groups=groups, apps=apps, left_as_is=[*snapshot.left_as_is, *left]
    )


def _usable(items: list[Item], names: Sequence[str], left: list[LeftAsIs]) -> list[Item]:
    # One look at all of them together: there may be a hundred thousand.
    ids = [item.id for item in items]
    if may_be_id("".join(ids)) and all(ids) and names_are_plain(names):
        return items
    kept = []
    for item in items:
        name = name_of(item)
        if not item.id or not may_be_id(item.id):
            left.append(
                LeftAsIs(kind_of(item), "", "has an id that cannot be used", name="" if name_fault(name) else name)
            )
        elif fault := name_fault(name):
            left.append(LeftAsIs(kind_of(item), item.id, fault))
        else:
            kept.append(item)
    return kept


def _require_distinct(kind: str, ids: Sequence[str], where: str) -> None:
    if len(set(ids)) == len(ids):
        return
    twice, _ = Counter(ids).most_common(1)[0]
    raise SnapshotError(
        f"{where} cannot be used: two {kind}s have the id {twice!r}.",
        why="Ids and names tell people and lists apart in plans and in the directory.",
        fix="Fix the object where it comes from, or write the snapshot again with `idsync snapshot`.",
    )
