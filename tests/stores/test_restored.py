"""A store that is replaced by another one while a process has it open: nothing is written to that one by mistake.

What a process remembers, such as the numbers of names, may mean somebody else there.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from idsync.errors import StoreReplaced
from idsync.model.journal import MadeByHand
from idsync.stores.postgres.store import PostgresStore
from idsync.stores.protocol import Store
from idsync.stores.sqlite.store import SqliteStore
from tests.stores.contract import Clock, Opener
from tests.stores.test_journal import BY_HAND

Place = Callable[[], Path]


def write(store: Store, *people: str) -> None:
    """One transaction with an entry of the journal for each of these."""
    with store.transaction():
        for person in people:
            store.journal.append(MadeByHand(BY_HAND.at, person, "delete", BY_HAND.address, None, None, {}))


def restore(store: Store, backup: Store) -> None:
    """Put the journal that a backup holds in place of the one that there is, as people do."""
    if isinstance(store, SqliteStore):
        assert isinstance(backup, SqliteStore)
        backup._connection.copy_to(store._connection)
    else:
        assert isinstance(store, PostgresStore)
        for sql in (
            "SET session_replication_role = replica",  # as pg_restore --disable-triggers
            "DELETE FROM idsync.journal",
            "UPDATE idsync.journal_end SET sequence = 0, chain = decode(repeat('00', 32), 'hex')",
            "SET session_replication_role = DEFAULT",
        ):
            store._connection.run(sql)
        for each in list(backup.journal.entries()):
            with store.transaction():
                store.journal.append(each.entry)
    assert store.journal.head() == backup.journal.head()


@pytest.mark.parametrize("later", [(), ("cal",), ("cal", "dee", "eve", "fay")])
def test_a_store_that_goes_on_from_elsewhere_is_not_written_to(
    store: Store, opener: Opener, place: Place, tmp_path: Path, clock: Clock, later: tuple[str, ...]
) -> None:
    write(store, "ann")
    write(store, "bob", "cal")
    with opener(place(), clock) as backup, opener(tmp_path, clock) as other:
        write(backup, "ann")
        if later:
            write(backup, *later)
        restore(other, backup)
    before = store.journal.head()
    for _ in range(2):
        with pytest.raises(StoreReplaced, match="not the one any more"):
            write(store, "gus")
    with pytest.raises(StoreReplaced):
        store.check_schema()
    assert store.journal.head() == before
    with opener(tmp_path, clock) as again:
        write(again, "gus")


def test_a_store_that_others_write_to_goes_on(store: Store, other: Store) -> None:
    for number in range(3):
        write(store, f"a{number}")
        write(other, f"b{number}", f"c{number}")
        other.check_schema()
        store.check_schema()
    assert len(list(store.journal.entries())) == 9


def break_off(store: Store) -> None:
    """Write an entry, and fail."""
    store.journal.append(BY_HAND)
    raise ValueError


def test_what_was_undone_was_never_seen(store: Store, other: Store) -> None:
    write(store, "ann")
    with suppress(ValueError), store.transaction():
        break_off(store)
    write(other, "bob")
    with store.transaction():
        with suppress(ValueError), store.attempt():
            break_off(store)
        store.journal.append(BY_HAND)
    write(other, "cal")
    write(store, "dee")
    assert len(list(store.journal.entries())) == 5
