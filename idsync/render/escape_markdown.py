"""Safe text made inert in Markdown: no name can become markup, a link, an image, a mention or a reference.

Plain words stand as they are. Everything else stands in code, where nothing is expanded: between backticks or, where
these or a table would act on it, in `<code>`, with each character that acts as a number, and broken up where a parser
would take addresses for links.
"""

import re

_CELL = re.compile(r"[`|\\<]")
"""What a span of code between backticks cannot hold in the cell of a table, and what would begin a tag elsewhere."""
_ACTS = re.compile(r"[^\w \-,…→()]|_")
_LINKS = re.compile(r"[@:.]")
_PLAIN = re.compile(r"[(]?(?:[^\W\d_]+(?:['’-][^\W\d_]+)*|\d{1,3}(?:,\d{3})*|…|→|%)[)]?[.,;:]?\Z")
_ADDRESS = re.compile(r"[(]?www\b", re.IGNORECASE)
_COMMIT = re.compile(r"[(]?[0-9a-fA-F]{7,64}[)]?[.,;:]?\Z")
_ENDS = (")", ",", ";", ").")
_EDGES = re.compile(r" *(?P<before>\(?)(?P<inside>.*?)(?P<after>[).,;:]{0,2}) *\Z", re.DOTALL)
_APART = "<!-- -->"
"""A comment parts the text around it: a parser that looks for addresses finds none in `a<!-- -->@b.c`."""


def code(text: str) -> str:
    """The text as one piece of code, on one line, in a table too."""
    if text and text.strip(" ") == text and _CELL.search(text) is None:
        return f"`{text}`"
    return f"<code>{_ACTS.sub(_numbered, text)}</code>"


def prose(text: str) -> str:
    """A sentence: its plain words as they are, each run of other ones as code, up to a bracket, comma or semicolon."""
    pieces: list[str] = []
    run: list[str] = []
    for word in text.split(" "):
        if _PLAIN.match(word) and not _COMMIT.match(word) and not _ADDRESS.match(word):
            _flush(run, pieces)
            pieces.append(word)
            continue
        if word.startswith("("):
            _flush(run, pieces)
        run.append(word)
        if word.endswith(_ENDS):
            _flush(run, pieces)
    _flush(run, pieces)
    return " ".join(pieces)


def _flush(run: list[str], pieces: list[str]) -> None:
    """Let a run of other words end; spaces and punctuation at its edges stay outside."""
    parts = _EDGES.match(" ".join(run))
    run.clear()
    if parts is not None and parts["inside"]:
        pieces.append(f"{parts['before']}{code(parts['inside'])}{parts['after']}")


def _numbered(found: re.Match[str]) -> str:
    character = found.group()
    apart = _APART if _LINKS.match(character) else ""
    return f"{apart}&#{ord(character)};"
