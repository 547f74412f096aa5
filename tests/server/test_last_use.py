"""When a token was last used is written later than the token is read, and somebody may revoke it in between."""

import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from idsync.model.pushed import ScimToken
from idsync.model.times import format_time
from idsync.server.tokens import is_to_note, make_token, note_use, revoked, used
from idsync.stores.sqlite.store import open_store
from tests.core.world import NOW
from tests.server.conftest import BASE, Served


def test_a_token_revoked_before_its_use_is_written_stays_revoked(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store, store.transaction():
        token, text = make_token(store.tokens, name="okta", integration="okta", by="ann", now=NOW, ends=None)
        note_use(store.tokens, text, "okta", NOW, "::1")
        kept = store.tokens.find(token.digest)
        assert kept is not None
        assert kept.last_from == "::1"
        store.tokens.put(revoked(token, NOW))
        note_use(store.tokens, text, "okta", NOW, "::1")
        assert store.tokens.find(token.digest) == revoked(token, NOW)


def test_a_use_is_written_beside_the_request_which_neither_waits_for_it_nor_fails_by_it(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idsync.server.scim.gate._MOMENT", 0.0)

    def is_answered() -> bool:
        return service.http.get(f"{BASE}/Users", headers={"Authorization": f"Bearer {service.token}"}).is_success

    def last_used() -> str | None:
        with open_store(service.path) as store:
            return store.tokens.all()[0].last_used

    def until(used: datetime) -> None:
        ends = time.monotonic() + 30
        while last_used() != format_time(used):
            assert time.monotonic() < ends
            time.sleep(0.01)

    assert is_answered()
    until(NOW)
    service.clock[0] += timedelta(minutes=1)
    with open_store(service.path) as other:
        with other.transaction():  # as a long apply of a person does
            begun = time.monotonic()
            assert [is_answered() for _ in range(5)] == [True] * 5
            assert time.monotonic() - begun < 2
        until(service.clock[0])


def test_the_use_of_a_token_is_written_once_a_minute_wherever_it_is_used_from() -> None:
    token = ScimToken("t", "okta", "okta", b"", format_time(NOW), "ann", None)
    assert is_to_note(token, NOW)
    noted = used(token, NOW, "10.0.0.1")
    assert noted.last_from == "10.0.0.1"
    late = used(token, NOW + timedelta(seconds=29), "10.0.0.1")
    assert late.last_used == format_time(NOW + timedelta(seconds=29)), "not before it was made"
    assert is_to_note(late, NOW + timedelta(minutes=1))
    assert not is_to_note(late, NOW + timedelta(seconds=59))
    assert not is_to_note(noted, NOW + timedelta(seconds=1))
    assert is_to_note(noted, NOW + timedelta(minutes=1))
