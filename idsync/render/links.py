"""Where a plan's readers can be sent: to a line of the configuration, to the run that made it, to its file."""

import re
from urllib.parse import quote

import msgspec

from idsync.model.earlier import AS_APPLIED_BEFORE
from idsync.render.view.cells import Place

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+\Z")
"""What can stand in a link of every format without being escaped: no space, bracket, quote, backslash or pipe."""
_SAFE = "/-._~"


class Links(msgspec.Struct, frozen=True):
    """The addresses that were given; empty where none was.

    `config` is that of the folder of the configuration at its commit, under which files have their paths.
    """

    config: str = ""
    run: str = ""
    plan: str = ""

    def to(self, place: Place) -> str:
        """The address of a line; empty where the folder's is not known, and for a line of the files applied before."""
        if not self.config or place.rule.endswith(AS_APPLIED_BEFORE):
            return ""
        return f"{self.config.rstrip('/')}/{quote(place.file, safe=_SAFE, errors='replace')}#L{place.line}"


NO_LINKS = Links()


def is_address(text: str) -> bool:
    """Whether a text is a web address that can be written into a link as it is."""
    return _ADDRESS.match(text) is not None
