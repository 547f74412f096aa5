"""Arguments that are not text, and secrets in what is said: refused, and left out."""

import os
import subprocess
from pathlib import Path

import pytest

from idsync.cli.application import COMMANDS
from idsync.cli.console import Console
from idsync.model.known_secrets import bytes_without_secrets, remember_secret, without_secrets
from idsync.okta.refusals import harmless
from tests.cli.running import Idsync
from tests.warm import Warm

LATIN = b"kj\xe6r"


def _run(*arguments: bytes | str, folder: Path) -> subprocess.CompletedProcess[str]:
    given = [os.fsdecode(argument) for argument in arguments]
    program = Warm("idsync", given, os.environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    said = program.communicate()
    return subprocess.CompletedProcess(given, program.returncode, *said)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_argument_in_another_encoding_is_refused_by_every_command(command: str, tmp_path: Path) -> None:
    ended = _run(command, LATIN, folder=tmp_path)
    assert ended.returncode == 64
    assert "is not UTF-8 text" in ended.stderr
    assert "kj\\xe6r" in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [b"-c", LATIN, "plan"],
        ["plan", b"--snapshot=" + LATIN],
        ["plan", "-o", LATIN],
        ["apply", "--allow", b"user_deletes=" + LATIN],
        ["filters", "--groups", LATIN + b"*"],
        [LATIN],
    ],
)
def test_so_is_one_of_an_option(arguments: list[bytes | str], tmp_path: Path) -> None:
    ended = _run(*arguments, folder=tmp_path)
    assert (ended.returncode, ended.stdout) == (64, "")
    assert "is not UTF-8 text" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["-c", "", "plan"], ["plan", "--config="]])
def test_an_empty_configuration_path_is_not_taken_for_the_current_folder(
    arguments: list[str], idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fresh)
    ended = idsync(*arguments)
    assert (ended.code, ended.out) == (64, "")
    assert "error: --config is empty." in ended.err
    monkeypatch.setenv("IDSYNC_CONFIG", "")
    assert idsync("plan").code == 0


def test_the_loader_says_whether_a_configuration_can_be_read(
    idsync: Idsync, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert idsync("validate", "-c", fresh).code == 0


def test_a_secret_is_left_out_of_whatever_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    remember_secret("00shortTok")
    console = Console()
    console.result('{"a": "00shortTok"}')
    console.line("the 00shortTok, twice: 00shortTok")
    console.warning("Okta says 00shortTok.", why="00shortTok", fix="00shortTok")
    console.debug = True
    console.crash(ValueError("00shortTok"))
    out, err = capsys.readouterr()
    assert "00shortTok" not in out + err
    assert out.count("(secret)") == 3
    assert bytes_without_secrets(b'"00shortTok"') == b'"(secret)"'


def test_every_part_of_a_key_is_a_secret() -> None:
    remember_secret('{"kty": "RSA", "n": "public-number", "d": "the-private-one", "p": "a-first-prime"}')
    remember_secret("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n-----END PRIVATE KEY-----\n")
    said = without_secrets("public-number the-private-one a-first-prime MIIEvQIBADANBgkqhkiG9w0BAQ")
    assert said == "public-number (secret) (secret) (secret)"


def test_a_longer_secret_leaves_nothing_of_itself_where_another_is_its_beginning() -> None:
    remember_secret("abcdef")
    remember_secret("abcdefghi")
    assert without_secrets("abcdefghi abcdef") == "(secret) (secret)"


@pytest.mark.parametrize("secret", ["abc", "00x", "$.*(", "token"])
def test_what_a_server_says_is_without_a_short_secret_too(secret: str) -> None:
    remember_secret(secret)
    assert harmless(f"Invalid token provided: {secret}").endswith(": (secret)")
    assert harmless(f"x{secret}y, twice: x{secret}y") == f"x{secret}y, twice: x{secret}y"
    assert without_secrets(f"a group called {secret}") == f"a group called {secret}"


def test_a_word_too_short_to_be_a_secret_stays() -> None:
    remember_secret("the")
    assert without_secrets("the end") == "the end"
