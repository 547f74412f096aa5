"""`idsync store copy`: a directory and its journal move to another database and back, and nothing is mixed or lost."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from idsync.edit.editor import Editor
from idsync.errors import LeaseHeld, StoreError
from idsync.model.addresses import user_address
from idsync.server.tokens import make_token
from idsync.stores.holder import this_process
from idsync.stores.opening import copy_store
from idsync.stores.protocol import Lease
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.cli.running import Idsync
from tests.cli.test_postgres import HIRO, stored_at
from tests.core.world import NOW, ORG
from tests.postgres.server import PASSWORD, server


@pytest.fixture
def database() -> Iterator[str]:
    name = server().new_database()
    yield server().url(name)
    server().drop_database(name)


@pytest.fixture
def lived(idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An organization with a history: an apply, hands, a broken rule, a second apply."""
    monkeypatch.chdir(org)
    for command in (
        ("lock", HIRO, "--message", "lost laptop"),
        ("unlock", HIRO, "--reason", "found"),
        ("rm", "access_list/00g1enzo0002", "--auto-approve"),
        ("apply", "--snapshot", "snapshot-next.json", "--auto-approve"),
        ("lock", HIRO, "--message", "again"),
    ):
        assert idsync(*command).code == 0
    return org


def told(idsync: Idsync) -> tuple[str, ...]:
    """All that commands tell of a store."""
    commands = (
        ("get", "all", "--format", "json"),
        ("history", "--format", "json"),
        ("history", "--head"),
        ("drift",),
        ("get", "users", "--as-of", "1"),
        ("plan", "--snapshot", "snapshot-next.json"),
        ("history", "--verify"),
    )
    return tuple(idsync(*command).out for command in commands)


def test_a_store_moves_to_postgresql_and_back_whole(idsync: Idsync, lived: Path, database: str) -> None:
    before = told(idsync)
    copied = idsync("store", "copy", "sqlite:///idsync.db", database)
    assert copied.code == 0, copied.err
    assert before[2].strip() in copied.out
    assert f"store: {database}" in copied.err
    stored_at(lived, database)
    assert told(idsync) == before
    assert idsync("store", "copy", database, "sqlite:///back.db").code == 0
    stored_at(lived, "sqlite:///back.db")
    assert told(idsync) == before
    for address in (database, "sqlite:///back.db"):
        stored_at(lived, address)
        assert idsync("apply", "--snapshot", "snapshot-next.json", "--auto-approve").code == 0
        assert idsync("rm", f"user/{HIRO}", "--auto-approve").code == 0
        assert idsync("history", "--verify").code == 0


def test_a_copy_goes_into_an_empty_store_only(idsync: Idsync, lived: Path, database: str) -> None:
    assert idsync("store", "copy", "sqlite:///idsync.db", database).code == 0
    for source, destination in (
        ("sqlite:///idsync.db", database),
        (database, "sqlite:///idsync.db"),
        (database, database),
    ):
        refused = idsync("store", "copy", source, destination)
        assert (refused.code, refused.out) == (1, "")
        assert "is not empty; nothing was copied" in refused.err
    assert idsync("history", "--verify").code == 0


def test_what_was_tampered_with_is_not_copied(idsync: Idsync, lived: Path, database: str) -> None:
    with closing(sqlite3.connect("idsync.db")) as raw, raw:
        raw.execute("DELETE FROM runs WHERE number = 2")
    refused = idsync("store", "copy", "sqlite:///idsync.db", database)
    assert refused.code == 1
    assert "its journal is not whole" in refused.err
    stored_at(lived, database)
    assert idsync("history", "--verify").out == "The journal is whole: 0 entries, each chained to the one before.\n"


def test_a_store_in_which_a_run_is_at_work_is_not_copied(idsync: Idsync, lived: Path, database: str) -> None:
    with open_store(Path("idsync.db")) as store:
        elsewhere = msgspec.structs.replace(this_process("2026-11-22T09:30:00Z"), host="another-machine")
        store.leases.take("target:local", elsewhere, 300)
    refused = idsync("store", "copy", "sqlite:///idsync.db", database)
    assert refused.code == 9
    assert "another-machine" in refused.err
    assert "End the services that use it" in refused.err


def a_service_starts(path: Path) -> None:
    with open_store(path) as store:
        elsewhere = msgspec.structs.replace(this_process("2026-11-22T09:30:00Z"), host="another-machine")
        store.replicas.announce(elsewhere)


def a_hand_removes(path: Path) -> None:
    with open_store(path) as store:
        editor = Editor(LocalTarget(store.directory, ORG), store, actor="me", now=NOW)
        editor.remove(user_address(HIRO))


def somebody_is_pushed(path: Path) -> None:
    with open_store(path) as store, store.transaction():
        store.pushed.number()


def a_token_is_made(path: Path) -> None:
    with open_store(path) as store:
        make_token(store.tokens, name="new", integration="okta", by="me", now=NOW, ends=None)


def something_is_owed(path: Path) -> None:
    with open_store(path) as store, store.transaction():
        store.facts.put({"owed": b"1"})


def a_run_comes_and_goes(path: Path) -> None:
    with open_store(path) as store:
        lease = store.leases.take("target:local", this_process("2026-11-22T09:30:00Z"), 300)
        assert isinstance(lease, Lease)
        store.leases.release(lease)


@pytest.mark.parametrize("to", ["sqlite:///to.db", "postgresql"])
@pytest.mark.parametrize(
    ("happens", "refused", "words"),
    [
        (a_service_starts, LeaseHeld, "another-machine"),
        (a_hand_removes, StoreError, "was written to while it was copied"),
        (somebody_is_pushed, StoreError, "was written to while it was copied"),
        (a_token_is_made, StoreError, "was written to while it was copied"),
        (something_is_owed, StoreError, "was written to while it was copied"),
        (a_run_comes_and_goes, StoreError, "was written to while it was copied"),
    ],
)
def test_what_is_written_while_a_store_is_copied_leaves_no_copy_without_it(
    lived: Path, database: str, to: str, happens: Callable[[Path], None], refused: type[Exception], words: str
) -> None:
    happened: list[str] = []

    def tell(what: str, _done: int, _total: int) -> None:
        if not happened:
            happened.append(what)
            happens(lived / "idsync.db")

    destination = database if to == "postgresql" else to
    with pytest.raises(refused, match=words):
        copy_store("sqlite:///idsync.db", destination, lived, this_process(""), tell)
    assert happened
    if happens is not a_service_starts:
        assert copy_store("sqlite:///idsync.db", destination, lived, this_process(""), tell)[1].entries


@pytest.mark.parametrize(
    ("source", "destination", "words"),
    [
        ("sqlite:///nowhere.db", "sqlite:///to.db", "The store to copy from does not exist"),
        ("idsync.db", "sqlite:///to.db", "FROM is not the address of a store"),
        ("sqlite:///idsync.db", "mysql://db/x", "TO is not the address of a store"),
        ("sqlite:///idsync.db", "postgresql://me:hunter2@db/x", "TO holds a password"),
        ("env:IDSYNC_NOWHERE", "sqlite:///to.db", "IDSYNC_NOWHERE is not set"),
    ],
)
def test_what_cannot_be_copied_is_said(
    idsync: Idsync, org: Path, monkeypatch: pytest.MonkeyPatch, source: str, destination: str, words: str
) -> None:
    monkeypatch.chdir(org)
    refused = idsync("store", "copy", source, destination)
    assert refused.code in (1, 64)
    assert refused.out == ""
    assert words in refused.err
    assert "hunter2" not in refused.err
    assert not Path("to.db").exists()


def test_an_address_in_a_variable_may_hold_a_password(
    idsync: Idsync, lived: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = re.search(r"/(test_\d+)", database)
    assert name is not None
    monkeypatch.setenv("IDSYNC_THERE", server().url_over_tcp(name[1]))
    copied = idsync("store", "copy", "sqlite:///idsync.db", "env:IDSYNC_THERE")
    assert copied.code == 0
    assert "store: {env: IDSYNC_THERE}" in copied.err
    assert PASSWORD.replace(" ", "%20") not in copied.err + copied.out
