"""Rows of which a browser is given the first ones as elements, and the others as data for the script.

A page of ten thousand rows opens at once only as long as most of them are text.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

Item = TypeVar("Item")
_ENDS = re.compile(r"<(?=[!sS]|/[sS])")
"""What could be `</script>`, `<script` or `<!--`, by its beginning."""
MOST = 20_000
"""So many rows of a list are in the page at all: a first import has more, and nobody reads them one by one."""


def rows(items: Sequence[Item], make: Callable[[Item], str], shown: int, name: str = "plain") -> str:
    """A list of rows, of each of which `make` makes a whole `li`.

    Those after the first ones are told of, and the script can add them.
    """
    made_first = [make(item) for item in items[:shown]]
    rest, beyond = [make(item) for item in items[shown:MOST]], len(items) - MOST
    made = f'<ul class="{name}">{"".join(made_first)}</ul>'
    if not rest:
        return made
    return (
        f'<div class="rows">{made}<p class="more">… and {len(items) - shown:,} more</p>'
        f'<script type="application/json">{in_script(rest)}</script></div>'
        + (f"<p>… and {beyond:,} more, which <code>--format json</code> has.</p>" if beyond > 0 else "")
    )


def in_script(value: Sequence[str]) -> str:
    """A value as JSON in which nothing can end the element that it stands in, or begin a comment there."""
    return _ENDS.sub(r"\\u003c", msgspec.json.encode(value).decode())
