"""Pseudonyms for people, made with a key, and what of a person's attributes says who they are.

What equals stays equal, and what differs stays different. Names that are twins (equal but for letter case or Unicode
form) stay twins. Without the key a pseudonym leads back to nobody.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence

from idsync.errors import UsageError
from idsync.model.names import nfc, twin_key

SHORTEST_KEY = 16
KEY_FACT = "pseudonym_key"
"""The store's fact that holds its own key."""

ADDRESSED = frozenset({"login", "email", "secondEmail", "userName"})
_NAMED = frozenset(
    {"name", "displayName", "nickName", "firstName", "middleName", "lastName", "givenName", "familyName", "manager"}
)
OF_THE_ORGANIZATION = frozenset(
    {"title", "department", "division", "organization", "costCenter", "userType", "honorificPrefix", "honorificSuffix"}
    | {"preferredLanguage", "locale", "timezone", "countryCode", "state"}
)
"""Okta's attributes that many people share; every other one, and each that a company adds, is taken for a person's."""
_WORD = re.compile(r"[^\W_]+")
_SHORTEST_WORD = 2
_LETTERS = "abcdefghijklmnop"


class Pseudonyms:
    """Makes pseudonyms with one key. Raises UsageError for a key that can be guessed."""

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise UsageError(
                "The key for pseudonyms is too short.",
                why="People could be found again by trying keys.",
                fix=f"Give {SHORTEST_KEY} random bytes or more.",
            )
        self._key = key

    def id(self, identifier: str) -> str:
        """An id of the same length as Okta's."""
        return "00u" + self._letters("id", identifier)[:17]

    def text(self, text: str) -> str:
        """A word for a text: twins give words that differ by letter case alone; nothing stays nothing."""
        if not text:
            return text
        word = self._letters("text", twin_key(text))
        composed = nfc(text)
        if composed == twin_key(text):
            return word
        case = self._letters("case", composed)
        return "".join(
            letter.upper() if index == 0 or fate < "i" else letter
            for index, (letter, fate) in enumerate(zip(word, case, strict=True))
        )

    def _letters(self, kind: str, text: str) -> str:
        return "".join(_LETTERS[byte >> 4] + _LETTERS[byte & 15] for byte in self._digest(kind, text)[:12])

    def _digest(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")


class Identifying:
    """What says who one person is: their ids, names, logins, addresses and numbers, by value, whatever holds them."""

    def __init__(self, names: Iterable[str], attributes: Mapping[str, Sequence[str]], kept: frozenset[str]) -> None:
        """`names` are the person's ids and user names; `kept` are attributes that rules look at."""
        self._whole: set[str] = set()
        self._words: set[str] = set()
        for name in names:
            self._take_address(name)
        for attribute, values in attributes.items():
            if attribute in ADDRESSED:
                for value in values:
                    self._take_address(value)
            elif attribute in _NAMED:
                for value in values:
                    self._take_name(value)
            elif attribute not in OF_THE_ORGANIZATION and attribute not in kept:
                self._whole.update(map(twin_key, values))

    def is_in(self, text: str) -> bool:
        """Whether a text is, or has in it, something that says who this person is."""
        folded = twin_key(text)
        return folded in self._whole or not self._words.isdisjoint(_words(folded))

    def _take_address(self, address: str) -> None:
        self._whole.add(twin_key(address))
        self._take_name(address.partition("@")[0])

    def _take_name(self, name: str) -> None:
        folded = twin_key(name)
        self._whole.add(folded)
        self._words.update(word for word in _words(folded) if len(word) >= _SHORTEST_WORD)


def _words(folded: str) -> list[str]:
    return _WORD.findall(folded)
