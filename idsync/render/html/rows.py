"""Rows of which a browser is given the first ones as elements, and the others as data for the script.

A page of ten thousand rows opens at once only as long as most of them are text.
"""

from collections.abc import Sequence

import msgspec


def rows(items: Sequence[str], shown: int, name: str = "plain") -> str:
    """A list of rows, each a whole `li`; those after the first ones are told of, and the script can add them."""
    first, rest = items[:shown], items[shown:]
    made = f'<ul class="{name}">{"".join(first)}</ul>'
    if not rest:
        return made
    return (
        f'<div class="rows">{made}<p class="more">… and {len(rest):,} more</p>'
        f'<script type="application/json">{in_script(rest)}</script></div>'
    )


def in_script(value: Sequence[str]) -> str:
    """A value as JSON in which nothing can end the element that it stands in, or begin a comment there."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
