"""What `idsync init` writes where it was told nothing: refused until somebody puts a value of their own there."""

from __future__ import annotations

import re

from idsync.config.codes import PLACEHOLDER_LEFT
from idsync.config.mistakes import Mistakes
from idsync.diagnostics import Position, quoted

ORG_URL = "https://example.okta.com"
OWNER = "admin@example.com"
_HOST = re.compile(r"https?://(?:example|name)\.okta(?:preview|-emea)?\.com(?::[0-9]+)?")
_ID = re.compile(r"0oa(?:\.+|…|x*|X*)")


def check_address(url: str, position: Position, mistakes: Mistakes) -> None:
    """Note an address that is nobody's organization; `url` is in lower case."""
    if _HOST.fullmatch(url):
        fix = "Write your organization's address, as its administrators see it (without -admin)."
        mistakes.add(PLACEHOLDER_LEFT, position, f"{quoted(url)} is a placeholder", fix=fix)


def check_id(text: str | None, position: Position, mistakes: Mistakes) -> None:
    """Note an Okta id that only shows what one looks like."""
    if text is not None and _ID.fullmatch(text):
        fix = (
            "Write the id that Okta shows. Where `idsync enroll okta --oauth` wrote the line, run it again with "
            "--client-id ID."
        )
        mistakes.add(PLACEHOLDER_LEFT, position, f"{quoted(text)} is a placeholder", fix=fix)


def check_people(names: tuple[tuple[str, Position], ...], mistakes: Mistakes) -> None:
    """Note names that are nobody's."""
    for name, position in names:
        if name.casefold() == OWNER:
            fix = "Write the user name of somebody who answers for access."
            mistakes.add(PLACEHOLDER_LEFT, position, f"{quoted(name)} is a placeholder", fix=fix)
