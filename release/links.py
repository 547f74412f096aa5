"""Links of a Markdown file to other files of the repository, told apart from all other links."""

import re
from collections.abc import Callable

_FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)


def with_links(markdown: str, replace: Callable[[str, str], str]) -> str:
    """The text, with each relative link as `replace` makes it of its label and its address; code stays as it is."""
    parts: list[str] = []
    end = 0
    for fence in _FENCE.finditer(markdown):
        parts += [_linked(markdown[end : fence.start()], replace), fence[0]]
        end = fence.end()
    return "".join([*parts, _linked(markdown[end:], replace)])


def relative_links(markdown: str) -> list[str]:
    """The addresses of its links that lead to files beside it."""
    found: list[str] = []
    with_links(markdown, lambda label, address: found.append(address) or label)  # type: ignore[func-returns-value]
    return found


def _linked(text: str, replace: Callable[[str, str], str]) -> str:
    def made(link: re.Match[str]) -> str:
        mark, label, address = link.groups()
        return link[0] if mark or _ABSOLUTE.match(address) else replace(label, address)

    return _LINK.sub(made, text)
