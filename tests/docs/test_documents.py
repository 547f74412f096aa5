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
        if link.startswith("https://"):
            continue
        name, _, heading = link.partition("#")
        file = document.parent / name if name else document
        assert file.exists(), link
        assert not heading or file.suffix != ".md" or heading in _headings(file), link


def _headings(document: Path) -> set[str]:
    """By what links name the headings of a document."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.DOTALL | re.MULTILINE)
    told = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in told}


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name != "cli.md"], ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_line_of_prose_is_far_longer_than_its_neighbours(document: Path) -> None:
    """Tables, code and what programs write have lines as long as they need."""
    text = re.sub(
        r"^ *```.*?^ *```$|^<!-- .*?generated .*?^<!-- end", "", document.read_text(), flags=re.DOTALL | re.MULTILINE
    )
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("|", "<!--"))]
    assert [line for line in lines if len(line) > 140] == []


def test_the_architecture_names_every_top_level_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "idsync"
    parts = [path.name + "/" for path in package.iterdir() if (path / "__init__.py").exists()]
    parts += [path.name for path in package.glob("*.py") if path.name != "__init__.py"]
    assert [part for part in parts if f"idsync/{part}`" not in text] == []


def test_files_that_the_architecture_names_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"`([a-z_0-9/]+\.(?:py|json))`", text))
    assert any("/" in name for name in named)
    files = [
        path.relative_to(ROOT).as_posix()
        for part in ("idsync", "tests", "action")
        for path in (ROOT / part).rglob("*.*")
    ]
    at = {name for name in named if "/" in name}
    assert [name for name in at if not (ROOT / "idsync" / name).exists() and not (ROOT / name).exists()] == []
    assert [name for name in named - at if not any(file.endswith(f"/{name}") for file in files)] == []


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
