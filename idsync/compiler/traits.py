"""Profile attributes become traits: lists of non-empty strings under the configured prefix."""

from collections.abc import Mapping

import msgspec

from idsync.config.settings import TraitSettings
from idsync.config.texts import is_usable_text
from idsync.model.identity import ProfileValue
from idsync.model.resources import Strings, Traits

_NUL = "\0"
"""A character that neither a person can type nor a database can keep: a value with it is left out."""


class TraitMapping:
    """Makes traits of profiles; remembers which attributes the directory shows, and what they are called there."""

    def __init__(self, settings: TraitSettings) -> None:
        self._settings = settings
        self._pairs: dict[str, tuple[str, str] | None] = {}
        self._shown: dict[tuple[str, ...], list[tuple[str, str]]] = {}

    def shown(self, attributes: Mapping[str, ProfileValue]) -> tuple[Traits, list[str]]:
        """The traits that the directory gets, and those of which a value is not given, since it is of no use."""
        traits: Traits = {}
        odd: list[str] = []
        plain = _all_plain(attributes)
        for attribute, name in self._pairs_of(tuple(attributes)):
            value = attributes[attribute]
            if type(value) is str:  # nearly every value is; a whole company has millions
                if plain and value:
                    traits[name] = (value,)
                    continue
                values: Strings = (value,) if value else ()
            else:
                values = trait_values(value)
            good = tuple(filter(is_usable_text, values))
            if good:
                traits[name] = good
            if len(good) < len(values):
                odd.append(name)
        return traits, odd

    def attribute(self, trait: str) -> str:
        """The attribute behind a trait, shown or not; empty when the trait lacks the prefix and so has none."""
        prefix = self._settings.prefix
        return trait[len(prefix) :] if trait.startswith(prefix) else ""

    def values(self, attributes: Mapping[str, ProfileValue], trait: str) -> Strings:
        """The values of one trait, named with its prefix, shown or not."""
        return trait_values(attributes.get(self.attribute(trait)))

    def _pairs_of(self, attributes: tuple[str, ...]) -> list[tuple[str, str]]:
        """Of these attributes, those that the directory shows, each with the name of its trait."""
        pairs = self._shown.get(attributes)
        if pairs is None:
            found = (self._pairs[name] if name in self._pairs else self._pair(name) for name in attributes)
            pairs = self._shown[attributes] = [pair for pair in found if pair is not None]
        return pairs

    def _pair(self, attribute: str) -> tuple[str, str] | None:
        selected = _NUL not in attribute and self._settings.attributes.selects(attribute)
        pair = self._pairs[attribute] = (attribute, self._settings.prefix + attribute) if selected else None
        return pair


def _all_plain(attributes: Mapping[str, ProfileValue]) -> bool:
    """Whether every text is usable, told by one look at all of them; where it cannot be told so, the answer is no."""
    joined = f"|{'|'.join([value for value in attributes.values() if type(value) is str])}|"
    # Printable text has no white space at its ends but the blank.
    return joined.isprintable() and "| " not in joined and " |" not in joined


def trait_values(value: ProfileValue) -> Strings:
    """An attribute's values as text, in order, without empties and repeats; nested objects are left out."""
    match value:
        case str():
            return _text(value)
        case list():
            return tuple(dict.fromkeys(text for item in value for text in _scalar(item)))
        case _:
            return _scalar(value)


def _text(value: str) -> Strings:
    return (value,) if value and _NUL not in value else ()


def _scalar(value: ProfileValue) -> Strings:
    match value:
        case str():
            return _text(value)
        case bool():
            return ("true",) if value else ("false",)
        case int() | float():
            return (msgspec.json.encode(value).decode(),)
        case _:
            return ()
