"""A hook of mkdocs: what lies outside docs/ is linked where the repository is, or is told by its name alone."""

import os
import posixpath
from typing import Any

from release.links import with_links


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The text of a page with links that lead somewhere on a site."""
    repository, folder = _repository(), posixpath.dirname(page.file.src_uri)

    def made(label: str, address: str) -> str:
        place = posixpath.normpath(posixpath.join("docs", folder, address))
        if place.startswith("docs/"):
            return f"[{label}]({address})"
        return f"[{label}]({repository}/blob/main/{place})" if repository else label

    return with_links(markdown, made)


def _repository() -> str:
    """The address of the repository, where a workflow builds the site."""
    server, name = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else ""
