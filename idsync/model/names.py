"""How names are compared: NFC for equality, NFC and case-folding to find twins."""

import unicodedata


def nfc(name: str) -> str:
    """The name in Unicode's composed form; ASCII is its own."""
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def twin_key(name: str) -> str:
    """Equal for names that a person, or a case-insensitive system, could take for one another."""
    return (
        name.lower() if name.isascii() else unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
    )
