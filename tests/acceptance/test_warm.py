"""A process with its libraries already ends, is killed, and sees its environment as one that a shell starts."""

import os
import signal
from pathlib import Path

import pytest

from tests.warm import Warm


@pytest.mark.parametrize(("argument", "code", "said"), [("version", 0, "idsync"), ("nonsense", 64, "is not a command")])
def test_its_exit_code_and_its_words_are_the_program_s(argument: str, code: int, said: str, tmp_path: Path) -> None:
    assert Warm("idsync", [argument], os.environ, tmp_path / "log").wait(30) == code
    assert said in (tmp_path / "log").read_text()


def test_one_that_is_killed_says_by_what(tmp_path: Path) -> None:
    process = Warm("http.server", ["0", "--bind", "127.0.0.1"], os.environ, tmp_path / "log")
    assert process.poll() is None
    process.kill()
    assert process.wait(30) == -signal.SIGKILL
    process.terminate()
    assert process.poll() == -signal.SIGKILL


def test_it_has_an_environment_of_its_own(tmp_path: Path) -> None:
    kept = {"PATH": os.environ["PATH"], "IDSYNC_CONFIG": str(tmp_path / "nowhere")}
    assert Warm("idsync", ["plan"], kept, tmp_path / "log").wait(30) != 0
    assert "nowhere" in (tmp_path / "log").read_text()
