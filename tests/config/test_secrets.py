"""Secrets are fetched at use, checked at the door, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from idsync.config.secret_references import EnvironmentSecret, FileSecret, SecretReference
from idsync.config.secrets import MAX_BYTES, Resolved, Secret, resolve, secret_references
from idsync.config.settings import ApiToken, AppById, Integration, OAuth, Settings, UserSettings
from idsync.diagnostics import Position

HERE = Position("idsync.yaml", 6, 9)
TOKEN = "00hunter2-hunter2"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIhunter2\n-----END PRIVATE KEY-----\n"


def from_file(directory: Path, content: bytes, mode: int = 0o600) -> Resolved:
    path = directory / "secret"
    path.write_bytes(content)
    path.chmod(mode)
    return resolve(FileSecret("secret", HERE), {}, directory)


def codes(resolved: Resolved) -> list[str]:
    for found in resolved.diagnostics:
        assert found.position == HERE
        assert "hunter2" not in found.summary + found.why + found.fix
    return [found.code for found in resolved.diagnostics]


def test_a_secret_comes_from_the_environment() -> None:
    found = resolve(EnvironmentSecret("OKTA_API_TOKEN", HERE), {"OKTA_API_TOKEN": TOKEN + "\r\n"}, Path())
    assert found.secret is not None
    assert found.secret.reveal() == TOKEN
    assert found.diagnostics == ()


@pytest.mark.parametrize("environment", [{}, {"OKTA_API_TOKEN": ""}, {"okta_api_token": TOKEN}])
def test_a_variable_that_is_not_set_is_named(environment: dict[str, str]) -> None:
    found = resolve(EnvironmentSecret("OKTA_API_TOKEN", HERE), environment, Path())
    assert found.secret is None
    assert codes(found) == ["missing_secret"]
    assert "OKTA_API_TOKEN" in found.diagnostics[0].summary


def test_a_file_is_relative_to_the_configuration_and_loses_its_last_line_break(tmp_path: Path) -> None:
    found = from_file(tmp_path, f"{TOKEN}\n".encode())
    assert found.secret is not None
    assert found.secret.reveal() == TOKEN
    assert codes(found) == []


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o600)
    found = resolve(FileSecret(str(tmp_path / "token"), HERE), {}, Path("elsewhere"))
    assert found.secret is not None


def test_a_private_key_may_have_lines(tmp_path: Path) -> None:
    found = from_file(tmp_path, KEY.encode())
    assert found.secret is not None
    assert found.secret.reveal() == KEY.removesuffix("\n")
    assert from_file(tmp_path, b'{"kty": "RSA",\n "n": "x"}').secret is not None


def test_a_file_that_everybody_can_read_draws_a_warning(tmp_path: Path) -> None:
    found = from_file(tmp_path, KEY.encode(), mode=0o644)
    assert found.secret is not None
    assert codes(found) == ["secret_readable_by_others"]


@pytest.mark.parametrize("path", ["absent", ".", "absent/deeper", "nul\x00byte", "x" * 5000])
def test_a_path_without_a_readable_file_is_refused(tmp_path: Path, path: str) -> None:
    found = resolve(FileSecret(path, HERE), {}, tmp_path)
    assert found.secret is None
    assert codes(found) == ["missing_secret"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"00hunter2\n00hunter2\n",
        b"00hunter2 \n",
        b"00hunter2\r\nX-Header: y\n",
        b"00hunter2\x00",
        "00hunter2é".encode(),
        b"\xff\xfehunter2",
        b"-----BEGIN\x1b[31mhunter2",
        b"x" * (MAX_BYTES + 1),
    ],
)
def test_what_cannot_be_a_secret_is_refused_without_repeating_it(tmp_path: Path, content: bytes) -> None:
    found = from_file(tmp_path, content)
    assert found.secret is None
    assert codes(found) == ["unusable_secret"]


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(TOKEN)
    assert TOKEN not in f"{secret} {secret!r} {[secret]} {Resolved(secret)!r}"


def test_the_settings_name_the_secrets_they_refer_to() -> None:
    reference: SecretReference = EnvironmentSecret("A", HERE)
    base = Integration("okta", "https://a.okta.com", AppById("x"), UserSettings(()), HERE)
    assert secret_references(Settings(base)) == ()
    for way in (ApiToken(reference), OAuth("id", reference)):
        integration = Integration("okta", "https://a.okta.com", AppById("x"), UserSettings(()), HERE, way)
        assert secret_references(Settings(integration)) == (reference,)
