"""When a token was last used is written later than the token is read, and somebody may revoke it in between."""

from datetime import timedelta
from pathlib import Path

import pytest

from idsync.model.pushed import ScimToken
from idsync.model.times import format_time
from idsync.server import tokens as module
from idsync.server.tokens import is_to_note, make_token, note_use, revoked, used
from idsync.stores.sqlite.store import open_store
from tests.core.world import NOW
from tests.server.conftest import BASE, Served


def test_a_token_revoked_before_its_use_is_written_stays_revoked(tmp_path: Path) -> None:
    with open_store(tmp_path / "idsync.db") as store, store.transaction():
        token, text = make_token(store.tokens, name="okta", integration="okta", by="ann", now=NOW, ends=None)
        assert note_use(store.tokens, text, "okta", NOW, "::1") is not None
        store.tokens.put(revoked(token, NOW))
        assert note_use(store.tokens, text, "okta", NOW, "::1") is None
        kept = store.tokens.find(token.digest)
        assert kept is not None
        assert kept.revoked is not None


def test_a_request_whose_token_is_revoked_while_it_is_read_is_refused(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted, read = module.accepted, []

    def revoked_once_read(*arguments: object) -> object:
        """The first look finds it good; the next comes after somebody revoked it."""
        read.append(arguments)
        return accepted(*arguments) if len(read) == 1 else None  # type: ignore[arg-type]

    monkeypatch.setattr("idsync.server.scim.endpoint.accepted", revoked_once_read)
    monkeypatch.setattr(module, "accepted", revoked_once_read)
    answer = service.http.get(f"{BASE}/Users", headers={"Authorization": f"Bearer {service.token}"})
    assert (answer.status_code, len(read)) == (401, 2)


def test_the_use_of_a_token_is_written_once_a_minute_wherever_it_is_used_from() -> None:
    token = ScimToken("t", "okta", "okta", b"", format_time(NOW), "ann", None)
    assert is_to_note(token, NOW)
    noted = used(token, NOW, "10.0.0.1")
    assert noted.last_from == "10.0.0.1"
    assert not is_to_note(noted, NOW + timedelta(seconds=1))
    assert is_to_note(noted, NOW + timedelta(minutes=1))
