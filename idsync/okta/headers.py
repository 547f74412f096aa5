"""Response headers, read once: names without regard to case, each with all of its copies."""

from collections.abc import Iterable


class Headers:
    """The headers of one response."""

    __slots__ = ("_values",)

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = ()) -> None:
        """`raw` are names and values as they came; bytes beyond ASCII are kept apart as Latin-1 (RFC 9110, 5.5)."""
        values: dict[str, list[str]] = {}
        for name, value in raw:
            values.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        self._values = values

    def get(self, name: str, default: str = "") -> str:
        """All copies of one header, separated by commas; `name` is in lower case."""
        copies = self._values.get(name)
        return default if copies is None else ", ".join(copies)

    def copies(self, name: str) -> list[str]:
        """The copies of one header, as they came; `name` is in lower case."""
        return self._values.get(name, [])
