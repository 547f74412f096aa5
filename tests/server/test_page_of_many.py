"""The status page of a large organization: no page lists everybody, and none reads them, however many there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from idsync.model.resources import Membership
from idsync.stores.sqlite.connection import Connection
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import ORG
from tests.effort import examples
from tests.server.conftest import Served
from tests.server.page_world import page, sign_in
from tests.targets.world import our_list, our_user

FEW = 50
MANY = examples(100_000)
MOST_BYTES = 64 << 10
PATHS = {
    "overview": "/",
    "search": "/people?q=person",
    "search for one": "/people?q=person00007",
    "search for nobody": "/people?q=nobody",
    "a person": "/people?name=person00007@x.com",
    "runs": "/runs/1",
    "filters": "/filters",
}


@contextmanager
def company(folder: Path, people: int) -> Iterator[Served]:
    """The page of a company of so many, all of them in one list; somebody is signed in."""
    folder.mkdir()
    with open_store(folder / "idsync.db") as store:
        target = LocalTarget(store.directory, ORG)
        names = [f"person{number:05}@x.com" for number in range(people)]
        with target.transaction():
            for number, name in enumerate(names):
                target.put_user(our_user(name, okta_id=f"00u{number}"))
            target.put_access_list(our_list("all"))
            target.add_members("all", dict.fromkeys(names, Membership()))
    with page(folder) as service:
        sign_in(service)
        yield service


def cost(service: Served, path: str, patch: pytest.MonkeyPatch) -> tuple[int, int, int]:
    """Bytes of a page, statements that it runs, and rows that these give."""
    counted = [0, 0]

    def rows(real: Any) -> Any:
        def counting(self: Connection, *values: Any) -> Any:
            found = real(self, *values)
            counted[0] += 1
            counted[1] += len(found) if isinstance(found, list) else 1
            return found

        return counting

    def chunks(real: Any) -> Any:
        def counting(self: Connection, *values: Any, **named: Any) -> Any:
            counted[0] += 1
            for row in real(self, *values, **named):
                counted[1] += 1
                yield row

        return counting

    with patch.context() as patched:
        patched.setattr(Connection, "chunks", chunks(Connection.chunks))
        for name in ("rows", "row", "run"):
            patched.setattr(Connection, name, rows(getattr(Connection, name)))
        answer = service.http.get(path)
    assert answer.status_code in (200, 404), path
    return len(answer.content), counted[0], counted[1]


def test_no_page_grows_with_the_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(tmp_path / "few", FEW) as service:
        few = {name: cost(service, path, monkeypatch) for name, path in PATHS.items()}
    with company(tmp_path / "many", MANY) as service:
        many = {name: cost(service, path, monkeypatch) for name, path in PATHS.items()}
    for name, (size, statements, rows) in many.items():
        assert size <= MOST_BYTES, name
        assert size <= few[name][0] * 1.2 + 200, name
        assert statements <= few[name][1] + 5, name
        assert rows <= few[name][2] + 100, name
