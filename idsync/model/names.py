"""How names are compared: NFC for equality, NFC and case-folding to find twins; and what no name holds."""

import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")


def nfc(name: str) -> str:
    """The name in Unicode's composed form; ASCII is its own."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def twin_keys(names: list[str]) -> list[str]:
    """The key of each name; a company's are mostly ASCII and done together."""
    if "".join(names).isascii():
        return list(map(str.lower, names))
    return list(map(twin_key, names))


def twin_key(name: str) -> str:
    """Equal for names that a person, or a case-insensitive system, could take for one another."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )


def is_text(name: str) -> bool:
    """Whether a name can be kept and sent: it holds no NUL and no half of a surrogate pair."""
    return "\0" not in name and (name.isascii() or not _SURROGATE.search(name))
