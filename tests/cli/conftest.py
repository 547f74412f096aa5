"""An example organization for each test, before and after its first apply."""

import shutil
from pathlib import Path

import pytest

from idsync.cli.application import run
from tests.cli.running import Idsync, runner


@pytest.fixture
def idsync(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Idsync:
    """Run one command in this process."""
    for variable in ("IDSYNC_CONFIG", "NO_COLOR", "VISUAL", "EDITOR"):
        monkeypatch.delenv(variable, raising=False)
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="session")
def written_example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example organization as `init` writes it."""
    folder = tmp_path_factory.mktemp("example") / "org"
    assert run(["init", str(folder), "--example"]) == 0
    return folder


@pytest.fixture(scope="session")
def applied_example(written_example: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example organization after its first apply."""
    folder = tmp_path_factory.mktemp("applied") / "org"
    shutil.copytree(written_example, folder)
    assert run(["apply", "-c", str(folder), "--auto-approve"]) == 0
    return folder


@pytest.fixture
def fresh(written_example: Path, tmp_path: Path) -> Path:
    """A copy of the example, before anything was applied."""
    return Path(shutil.copytree(written_example, tmp_path / "org"))


@pytest.fixture
def org(applied_example: Path, tmp_path: Path) -> Path:
    """A copy of the example, applied."""
    return Path(shutil.copytree(applied_example, tmp_path / "org"))
