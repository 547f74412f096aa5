"""kill -9 while an Okta id that comes later moves what is kept of a person: everything moved, or nothing did."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from idsync.apply.kept_back import kept_back
from idsync.stores.protocol import Store
from tests.postgres.server import server
from tests.postgres.stores import database_at, free_databases
from tests.server.conftest import PUSHED, Served, served
from tests.server.test_identified import group, pushed
from tests.stores.contract import IMPLEMENTATIONS

pytestmark = pytest.mark.long


DIED = -9


@pytest.fixture(params=list(IMPLEMENTATIONS))
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """A kind of store."""
    yield request.param
    free_databases()


def kept(store: Store, scim_id: str) -> tuple[object, ...]:
    """All that names a person: facts, account, lists, what is held, what is past, the resource, the history's end."""
    facts = store.upstream.whole()
    assert facts is not None
    return (
        sorted((each.id, each.username) for each in facts.users),
        sorted((each.id, tuple(sorted(each.member_ids()))) for each in facts.groups),
        sorted(store.directory.users.bodies(None)),
        kept_back(store.facts, "local"),
        store.agreed("local").past(),
        store.pushed.user(scim_id),
        store.journal.head().entries,
    )


def test_r40_killed_while_an_okta_id_is_learned_all_of_it_moved_or_nothing(tmp_path: Path, kind: str) -> None:
    where = str(tmp_path / "idsync.db") if kind == "sqlite" else server().url(database_at(tmp_path))

    def opened() -> Store:
        return IMPLEMENTATIONS[kind](tmp_path, time.time)

    def prepare(service: Served) -> str:
        ann = pushed(service)
        group(service, "eng", ann, pushed(service, "bob@x.com"))
        return str(ann["id"])

    with served(tmp_path / "idsync.db", PUSHED, opened=opened) as service:
        scim_id = prepare(service)
    with opened() as store:
        before = kept(store, scim_id)

    def push(write: int) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "tests.server.killed_relabelling", str(write), where, scim_id]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    undone = 0
    for write in (25, 55, 0):
        ended = push(write)
        with opened() as store:
            after = kept(store, scim_id)
            assert store.verify().broken_at is None
            user = store.pushed.user(scim_id)
        assert user is not None
        if user.okta_id == scim_id:
            assert ended.returncode == DIED, ended.stderr
            assert after == before
            undone += 1
        else:
            assert user.okta_id == "00uAnn"
            assert scim_id not in str(after[:5])
            assert "00uAnn" in str(after[0])
            assert "00uAnn" in str(after[1])
    assert undone > 0, "it was killed within"
    assert user is not None
    assert user.okta_id == "00uAnn"
