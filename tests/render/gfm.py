"""A comment as GitHub's Markdown has it: parsers tell what is a link, markup or a table, one of them GitHub's own."""

import re
from collections.abc import Iterator

import cmarkgfm
from cmarkgfm.cmark import Options
from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"linkify": True, "html": True}).enable(["table", "strikethrough", "linkify"])
assert PARSER.linkify is not None
PARSER.linkify.set({"fuzzy_link": True, "fuzzy_email": True, "fuzzy_ip": True})
OUR_HTML = frozenset({"<br>", "<sub>", "</sub>", "<code>", "</code>", "<!-- -->"})
OUR_BLOCKS = frozenset({"<details>", "<details open>", "</details>"})
OUR_MARKS = frozenset(
    f"{name}_{end}"
    for name in ("paragraph", "heading", "strong", "bullet_list", "list_item", "blockquote")
    for end in ("open", "close")
)
TABLE = frozenset(
    f"{name}_{end}" for name in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")
)
OTHER = frozenset({"inline", "fence", "html_block", "html_inline", "text", "code_inline", "softbreak"})


def tokens(comment: str) -> Iterator[Token]:
    """Every token, those inside others too."""
    for token in PARSER.parse(comment):
        yield token
        yield from token.children or ()


def as_github_has_it(comment: str) -> str:
    """The HTML that GitHub's own parser makes of a comment."""
    return str(cmarkgfm.github_flavored_markdown_to_html(comment, options=Options.CMARK_OPT_UNSAFE))


def links(comment: str) -> list[str]:
    """Where the links lead that a parser sees, of anyone's making."""
    return [str(token.attrs["href"]) for token in tokens(comment) if token.type == "link_open"]


def assert_inert(comment: str, *, linked: bool = False) -> None:
    """No markup but ours, and no link; no text outside of code can be a mention or a reference."""
    found = list(tokens(comment))
    kinds = {token.type for token in found}
    allowed = OUR_MARKS | TABLE | OTHER | ({"link_open", "link_close"} if linked else set())
    assert kinds <= allowed, kinds - allowed
    in_code = False
    for token in found:
        match token.type:
            case "html_inline":
                assert token.content in OUR_HTML, token.content
                in_code = (in_code or token.content == "<code>") and token.content != "</code>"
            case "html_block":
                _assert_our_block(token.content)
            case "text" if not in_code and token.content != "[!CAUTION]":
                assert not set(token.content) & set("@#`<>|_*~[]\\&"), token.content
                assert "://" not in token.content
                assert "www." not in token.content
    _assert_whole_tables(found)
    html = as_github_has_it(comment)
    assert linked or "<a " not in html
    assert not re.search(r"<(?:img|em|del|script|ul>\s*<li><a)\b", html)
    assert html.count("<table>") == sum(token.type == "table_open" for token in found)
    assert html.count("<td") == sum(token.type == "td_open" for token in found)


def _assert_our_block(content: str) -> None:
    for line in content.splitlines():
        is_title = line.startswith("<summary>") and line.endswith("</summary>")
        title = line.removeprefix("<summary>").removesuffix("</summary>")
        assert line in OUR_BLOCKS or line == "<!-- idsync-plan -->" or (is_title and "<" not in title), line


def _assert_whole_tables(found: list[Token]) -> None:
    """Every row has as many cells as its table has columns, and every fold that opens is closed."""
    columns = cells = 0
    for token in found:
        match token.type:
            case "table_open":
                columns = 0
            case "th_open":
                columns += 1
            case "tr_open":
                cells = 0
            case "td_open":
                cells += 1
            case "tr_close" if cells:
                assert cells == columns
    blocks = "".join(token.content for token in found if token.type == "html_block")
    assert blocks.count("<details") == blocks.count("</details>")
    assert sum(token.type == "fence" and not token.map for token in found) == 0


def rows(comment: str) -> list[str]:
    """The text of the rows of all tables, cells with a bar between."""
    told, cells = [], list[str]()
    for token in PARSER.parse(comment):
        match token.type:
            case "tr_open":
                cells = []
            case "inline":
                cells.append(_text(token))
            case "tr_close":
                told.append(" | ".join(cells))
    return told


def _text(token: Token) -> str:
    kept = [child.content for child in token.children or () if child.type in ("text", "code_inline")]
    return "".join(kept)
