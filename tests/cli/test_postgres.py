"""Every command on a store in PostgreSQL: it says and does what it does on a store in a file."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import Ended, Idsync
from tests.postgres.server import PASSWORD, USER, server

SQLITE = "sqlite:///idsync.db"
HIRO = "hiro.tanaka@enzos-pizza.com"
WEEK = (
    ("plan",),
    ("drift",),
    ("apply", "--auto-approve"),
    ("plan",),
    ("get", "users"),
    ("get", "access_list_members"),
    ("history", "--verify"),
    ("lock", HIRO, "--message", "laptop stolen"),
    ("unlock", HIRO, "--reason", "found"),
    ("rm", f"user/{HIRO}", "--auto-approve"),
    ("drift",),
    ("reconcile",),
    ("plan", "--snapshot", "snapshot-next.json"),
    ("apply", "--snapshot", "snapshot-next.json", "--auto-approve"),
    ("get", "locks", "--format", "text"),
    ("explain", HIRO),
    ("history",),
    ("history", "--verify"),
    ("get", "users", "--as-of", "1"),
)
_VARIES = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|revision: \S+|sha256:[0-9a-f]+"
)


@pytest.fixture
def database() -> Iterator[str]:
    name = server().new_database()
    yield name
    server().drop_database(name)


def stored_at(org: Path, address: str) -> None:
    """Let the configuration name another store."""
    file = org / "idsync.yaml"
    written = re.sub(r"(?m)^  store: \S.*$", f"  store: {address}", file.read_text())
    file.write_text(written)


def lived(idsync: Idsync, org: Path) -> list[tuple[int, str, str]]:
    """What each command of a week ended with and said, without times and random names."""
    said = []
    for command in WEEK:
        arguments = [org / each if each.endswith(".json") else each for each in command]
        ended = idsync(*arguments, "-c", org)
        said.append((ended.code, _VARIES.sub("·", ended.out), _VARIES.sub("·", ended.err)))
    return said


def test_a_week_of_commands_goes_as_on_a_file(
    idsync: Idsync, fresh: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_file = lived(idsync, fresh)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    stored_at(fresh, server().url_over_tcp(database, password=None))
    for command, expected, found in zip(WEEK, on_file, lived(idsync, fresh), strict=True):
        assert found == expected, command
    assert {code for code, _, _ in on_file} <= {0, 10}


def refusal(ended: Ended, code: int = 1) -> str:
    """What a refused command said: no secret, and not how the program went."""
    assert (ended.code, ended.out) == (code, "")
    assert "Traceback" not in ended.err
    assert PASSWORD.replace(" ", "%20") not in ended.err
    return ended.err


def test_an_address_by_reference_is_a_secret(
    idsync: Idsync, fresh: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_at(fresh, "{env: IDSYNC_STORE}")
    assert "IDSYNC_STORE is not set" in refusal(idsync("plan", "-c", fresh), 3)
    monkeypatch.setenv("IDSYNC_STORE", server().url_over_tcp(database))
    assert idsync("apply", "-c", fresh, "--auto-approve").code == 0
    assert idsync("validate", "-c", fresh, "--secrets").code == 0
    monkeypatch.setenv("IDSYNC_STORE", server().url_over_tcp("nowhere"))
    said = refusal(idsync("plan", "-c", fresh))
    assert "does not exist" in said
    assert PASSWORD not in said
    monkeypatch.setenv("IDSYNC_STORE", "postgresql://127.0.0.1:1/idsync")
    said = refusal(idsync("plan", "-c", fresh))
    assert "The store 127.0.0.1:1/idsync cannot be reached" in said
    assert "TCP/IP connections?\n" in said
    monkeypatch.setenv("IDSYNC_STORE", "mysql://root:hunter2@db/idsync")
    assert "hunter2" not in refusal(idsync("plan", "-c", fresh), 3)
    monkeypatch.setenv("IDSYNC_STORE", "sqlite:///elsewhere.db")
    assert idsync("apply", "-c", fresh, "--auto-approve").code == 0
    assert (fresh / "elsewhere.db").exists()


@pytest.mark.parametrize(
    ("change", "words", "fix"),
    [
        ({"password": "wrong"}, "does not accept the password", "PGPASSWORD"),
        ({"user": "nobody_here"}, "does not accept the password", "PGPASSWORD"),
        ({"database": "nowhere"}, "does not exist", "Create the database"),
        ({"port": "1"}, "cannot be reached", "its server runs"),
    ],
)
def test_why_a_store_cannot_be_reached_is_said_with_a_way_on(
    idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], words: str, fix: str
) -> None:
    there = {"user": USER, "password": PASSWORD, "database": "postgres", "port": str(server().port)} | change
    monkeypatch.setenv("PGPASSWORD", there["password"])
    stored_at(fresh, f"postgresql://{there['user']}@127.0.0.1:{there['port']}/{there['database']}")
    said = refusal(idsync("plan", "-c", fresh))
    assert words in said
    assert fix in said


def test_without_its_driver_the_way_to_install_it_is_said(
    idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    stored_at(fresh, "postgresql://db.example.com/idsync")
    assert "pip install '.[postgres]'" in refusal(idsync("plan", "-c", fresh))


@pytest.fixture
def reader(database: str) -> Iterator[str]:
    """A role that may only read a store, which is to be there when it is asked for."""
    name = f"reader_of_{database}"
    yield name
    server().run(f"DO $$ BEGIN CREATE ROLE {name}; EXCEPTION WHEN duplicate_object THEN END $$")
    server().run(f"DROP OWNED BY {name}", database)
    server().run(f"DROP ROLE {name}")


def let_read(name: str, database: str) -> str:
    """Make the role; returns the address of the database for it."""
    server().run(f"CREATE ROLE {name} LOGIN")
    rights = f"GRANT USAGE ON SCHEMA idsync TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA idsync TO {name}"
    server().run(rights, database)
    return server().url(database).replace(f"//{USER}@", f"//{name}@")


def test_a_token_that_the_store_did_not_take_is_not_told(
    idsync: Idsync, fresh: Path, database: str, reader: str
) -> None:
    stored_at(fresh, server().url(database))
    assert idsync("scim", "token", "create", "-c", fresh).code == 0
    stored_at(fresh, let_read(reader, database))
    for command in (("create", "--name", "other"), ("rotate", "okta")):
        said = refusal(idsync("scim", "token", *command, "-c", fresh))
        assert "permission denied" in said
        assert "The token is not shown again" not in said


def test_doctor_tells_of_a_role_that_may_only_read(idsync: Idsync, fresh: Path, database: str, reader: str) -> None:
    stored_at(fresh, server().url(database))
    assert idsync("scim", "token", "create", "-c", fresh).code == 0
    assert store_as_doctor_tells(idsync, fresh)["verdict"] == "ok"
    stored_at(fresh, let_read(reader, database))
    told = store_as_doctor_tells(idsync, fresh)
    assert told["verdict"] == "warning"
    assert "not written to" in told["message"]
    assert "permission denied" in told["message"]


def store_as_doctor_tells(idsync: Idsync, folder: Path) -> dict[str, str]:
    """What `doctor` says of the store."""
    checks = json.loads(idsync("doctor", "-c", folder, "--format", "json").out)
    (found,) = [each for each in checks if each["check"] == "store"]
    return dict(found)
