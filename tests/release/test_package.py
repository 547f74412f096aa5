"""What is released is whole: a wheel and a source distribution are built, checked, installed and do the main job."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from release.for_index import main

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[2]
REPOSITORY = "https://code.example/people/idsync"
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "MANIFEST.in")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command prints; a failure shows all that it said."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "IDSYNC_CONFIG")}
    ended = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=kept | environment, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the wheel and the source distribution, made as a release makes them."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copy(ROOT / name, checkout)
    shutil.copytree(ROOT / "idsync", checkout / "idsync", ignore=shutil.ignore_patterns("__pycache__"))
    main(["--repository", REPOSITORY, "--ref", "v0.1.0", "--root", str(checkout)])
    run(sys.executable, "-m", "build", "--no-isolation", "--quiet", cwd=checkout)
    return checkout / "dist"


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    """The wheel."""
    (found,) = built.glob("*.whl")
    return zipfile.ZipFile(found)


def test_an_index_shows_both(built: Path) -> None:
    files = sorted(built.iterdir())
    assert [file.suffix for file in files] == [".whl", ".gz"]
    run(sys.executable, "-m", "twine", "check", "--strict", *files, cwd=built)


def test_both_hold_every_file_of_the_package(built: Path, wheel: zipfile.ZipFile) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    package = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "idsync").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {
        "idsync/py.typed",
        "idsync/server/page/templates/base.html",
        "idsync/config/config.v1.schema.json",
    } < package
    assert package - set(wheel.namelist()) == set()
    assert package - packed == set()
    assert {"LICENSE", "README.md", "pyproject.toml"} < packed
    assert [name for name in wheel.namelist() if name.split("/")[0] not in ("idsync", "idsync-0.1.0.dist-info")] == []


def test_the_description_leads_somewhere_from_anywhere(wheel: zipfile.ZipFile) -> None:
    metadata = wheel.read("idsync-0.1.0.dist-info/METADATA").decode()
    assert "](docs/" not in metadata
    assert f"]({REPOSITORY}/blob/v0.1.0/docs/serving.md)" in metadata
    assert f"Project-URL: Homepage, {REPOSITORY}" in metadata
    assert "License-Expression: Apache-2.0" in metadata


def test_a_wheel_in_a_fresh_environment_does_the_main_job(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "fresh", with_pip=False, symlinks=True)
    python = tmp_path / "fresh" / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "fresh")}))
    (wheel,) = built.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    run(*pip, wheel, cwd=tmp_path)
    (site / "what-it-depends-on.pth").write_text(_without_editable(tmp_path / "parts"))
    program = tmp_path / "fresh" / "bin" / "idsync"
    where = run(python, "-c", "import idsync; print(idsync.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(tmp_path / "fresh")
    run(program, "init", "demo", "--example", cwd=tmp_path)
    assert not run(program, "plan", "-c", "demo", cwd=tmp_path).startswith("No changes.")
    run(program, "apply", "-c", "demo", "--auto-approve", cwd=tmp_path)
    assert run(program, "plan", "-c", "demo", cwd=tmp_path).startswith("No changes.")
    run(program, "validate", "-c", "demo", cwd=tmp_path)
    assert '"$id"' in run(program, "schema", "config", cwd=tmp_path)
    assert "Usage: idsync serve" in run(program, "serve", "--help", cwd=tmp_path)


def _without_editable(folder: Path) -> str:
    """The line of a .pth file for what is installed here, without this project: its libraries, and not its sources."""
    folder.mkdir()
    for file in Path(sysconfig.get_path("purelib")).iterdir():
        if "idsync" not in file.name and file.suffix != ".pth":
            (folder / file.name).symlink_to(file)
    return f"{folder}\n"
