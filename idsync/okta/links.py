"""Paging: the `next` address in Link headers, and the page size in an address."""

import math
import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

_LINK = re.compile(r"<([^<>]*)>([^<]*)")
_NEXT = re.compile(r""";\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)""", re.IGNORECASE)
_LIMIT = re.compile(r"([?&]limit=)([0-9]{1,5})(?=&|$)")


def next_link(headers: Iterable[str]) -> str | None:
    """Return the address with `rel="next"`, as it is written, from any number of Link headers (RFC 8288)."""
    for header in headers:
        for target, parameters in _LINK.findall(header):
            if _NEXT.search(parameters):
                return str(target).strip()
    return None


def cursor(url: str) -> str:
    """Return what tells one page from the others: the `after` parameter, or the whole address without one."""
    after = parse_qs(urlsplit(url).query).get("after")
    return after[0] if after else url


def limit_of(url: str) -> float:
    """Return how many rows an address asks for at most; without a limit, any number."""
    found = _LIMIT.search(url)
    return int(found[2]) if found else math.inf


def with_limit(url: str, most: float) -> str:
    """Ask for no more than so many rows; the cursor stays as it is."""
    return _LIMIT.sub(lambda found: found[1] + str(min(int(found[2]), most)), url, count=1)
