"""Proxies and certificates that the environment names: those that cannot be used are told, and none sees too much."""

from pathlib import Path

import pytest

from idsync.errors import SourceUnreachable
from idsync.okta.environment import _CERTIFICATES, _PROXIES
from tests.acceptance.hostile_server import answer, hostile
from tests.sources.okta.answers import ORG, TOKEN, Okta
from tests.sources.okta.organizations import served, small


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of the way."""
    for name in (*_CERTIFICATES, *_PROXIES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "ftp://user:hidden@127.0.0.1"),
        ("HTTPS_PROXY", "http://user:hidden/x@127.0.0.1"),
        ("https_proxy", "://"),
        ("ALL_PROXY", "socks5://user:hidden@127.0.0.1:1080"),
        ("NO_PROXY", "localhost,fe80::/10"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_told_by_its_variable_and_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    error = Okta().refusal(transport=None)
    assert isinstance(error, SourceUnreachable)
    assert f"({name})" in error.summary
    assert error.fix
    assert "hidden" not in error.summary + error.why


def test_certificates_that_cannot_be_used_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    (tmp_path / "damaged.pem").write_text("-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----\n")
    for file in ("missing.pem", ".", "empty.pem", "damaged.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / file))
        error = Okta().refusal(transport=None)
        assert isinstance(error, SourceUnreachable)
        assert "SSL_CERT_FILE" in error.summary
        assert error.fix


def test_a_proxy_that_has_no_address_is_thought_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://" + "a" * 70)
    error = Okta().refusal(transport=None)
    assert f"{ORG} has no address" in error.summary
    assert "HTTPS_PROXY" in error.fix


def test_a_proxy_that_refuses_is_told_and_sees_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = answer(b"", status="407 Proxy Authentication Required")
    with hostile(lambda path: [refusing]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:hidden@"))
        error = Okta().refusal(transport=None)
    assert "The proxy does not connect" in error.summary
    assert "407" in error.why
    assert "HTTPS_PROXY" in error.fix
    assert "hidden" not in error.summary + error.why
    assert proxy.requests
    assert not any(TOKEN.encode() in request for request in proxy.requests)


def test_a_loopback_is_asked_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile(lambda path: [answer(b"")]) as proxy, served(small()) as reader:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert len(reader.source().read().snapshot.users) == 5
    assert proxy.requests == []
