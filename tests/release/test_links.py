"""Links of documents, on an index and on the site."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from release.for_index import project_for_index, readme_for_index
from release.links import relative_links
from release.site import on_page_markdown

ROOT = Path(__file__).parents[2]
HOME = "https://code.example/people/idsync"


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("[a](b.md) and [c](d/e.md#f)", ["b.md", "d/e.md#f"]),
        ("[`a`](b) [a [b]](c)", ["b", "c"]),
        ("[a](https://b) [a](#b) [a](mailto:b) [a](//b)", []),
        ("![a](b.png)", []),
        ("```sh\n[a](b)\n```\n[c](d)", ["d"]),
        ("````\n```\n[a](b)\n```\n````\n[c](d)", ["d"]),
    ],
)
def test_links_to_files_are_told_from_others(markdown: str, found: list[str]) -> None:
    assert relative_links(markdown) == found


def test_the_readme_of_an_index_has_no_link_beside_it() -> None:
    readme = (ROOT / "README.md").read_text()
    released = readme_for_index(readme, HOME, "v1")
    assert len(relative_links(readme)) > 10
    assert relative_links(released) == []
    assert all(f"{HOME}/blob/v1/{link}" in released for link in relative_links(readme))
    assert len(released.splitlines()) == len(readme.splitlines())


def test_addresses_are_those_of_the_repository_that_releases() -> None:
    released = project_for_index("[project.scripts]\n", HOME, "v1")
    assert f'Homepage = "{HOME}"\n' in released
    with pytest.raises(ValueError, match="already"):
        project_for_index(released, HOME, "v1")


@pytest.mark.parametrize(
    ("page", "address", "made"),
    [
        ("index.md", "../README.md#with", "blob/main/README.md#with"),
        ("adr/0001-floors.md", "../../idsync/x.py", "blob/main/idsync/x.py"),
        ("adr/0001-floors.md", "../rules.md", ""),
        ("index.md", "rules.md#r1", ""),
    ],
)
def test_a_page_links_what_lies_outside(monkeypatch: pytest.MonkeyPatch, page: str, address: str, made: str) -> None:
    where = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://code.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "people/idsync")
    assert on_page_markdown(f"[a]({address})", page=where) == f"[a]({HOME}/{made})" if made else f"[a]({address})"
    monkeypatch.delenv("GITHUB_REPOSITORY")
    assert on_page_markdown(f"[a]({address})", page=where) == ("a" if made else f"[a]({address})")


@pytest.mark.long
def test_the_site_is_built_strictly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    pages = {page.parent.name for page in (tmp_path / "site").rglob("index.html")}
    assert {file.stem for file in (ROOT / "docs").glob("*.md")} - {"index"} < pages
