"""Documents agree with the code, with each other, and with what a public repository may hold."""

import re
import tomllib
from pathlib import Path

import pytest

import idsync
from idsync.cli.application import COMMANDS
from idsync.cli.reference import reference

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for folder in (".", "docs", "docs/adr", "examples", "examples/*", "idsync/cli/starters/*")
    for path in ROOT.glob(f"{folder}/*.md")
)
_LINK = re.compile(r"\[[^]]*\]\(([^)\s]+)\)")


def test_the_reference_of_commands_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "cli.md").read_text() == reference(), "run `just docs`"


def test_the_reference_has_every_command() -> None:
    assert re.findall(r"^## (.+)$", reference(), re.MULTILINE) == ["Options of every command", "Exit codes", *COMMANDS]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for link in _LINK.findall(document.read_text()):
        if not link.startswith(("https://", "#")):
            assert (document.parent / link.partition("#")[0]).exists(), link


def test_the_architecture_names_every_top_level_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "idsync"
    parts = [path.name + "/" for path in package.iterdir() if (path / "__init__.py").exists()]
    parts += [path.name for path in package.glob("*.py") if path.name != "__init__.py"]
    assert [part for part in parts if f"idsync/{part}`" not in text] == []


def test_files_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = {name for name in re.findall(r"`([a-z_/]+\.(?:py|json))`", text) if "/" in name}
    assert named
    missing = [name for name in named if not (ROOT / "idsync" / name).exists() and not (ROOT / name).exists()]
    assert [name for name in missing if name not in ("users.py", "roles.py", "access_lists.py")] == []


def test_every_decision_is_in_the_index() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    decisions = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", index) == decisions
    assert len({name[:4] for name in decisions}) == len(decisions)


def test_a_decision_says_context_decision_and_consequences() -> None:
    for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"):
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} · ")
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequences"))


def test_the_version_is_said_once_more_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == idsync.__version__


def test_the_glossary_is_sorted() -> None:
    words = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)[2:]
    assert words == sorted(words, key=str.casefold)


def test_each_library_that_people_install_has_a_decision() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["serve"], *extras["postgres"]]
    names = {each.split("[")[0].split(";")[0].split(">")[0].strip() for each in wanted}
    assert len(names) > 10
    decided = "".join(path.read_text().lower() for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert sorted(name for name in names if name not in decided) == []
