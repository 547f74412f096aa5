"""The commands that messages name, with the option by which they find the configuration of the call that says them."""

import re
import shlex
from collections.abc import Sequence

_ELSEWHERE = "init|show|store|schema|completion|help|version"
"""Commands that read no configuration."""
_WORDS = r"(?>scim token \w++|(?:enroll|keys) \w++|\w++)"
_NAMED = re.compile(rf"`idsync (?!(?:{_ELSEWHERE})\b){_WORDS}(?! -c| --help)(?=[ `])")


def as_typed(text: str, options: Sequence[str]) -> str:
    """The text with these options in each command between back quotes that reads a configuration and names none."""
    if not options or "`idsync " not in text:
        return text
    from idsync.render.escape_text import visible

    given = visible(shlex.join(options))
    return _NAMED.sub(lambda named: f"{named[0]} {given}", text)
