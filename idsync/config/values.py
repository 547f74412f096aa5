"""Reads single values: durations, addresses, filters, texts with captures. What is wrong is noted at its place.

A value of the wrong type was noted by the schema already; here it reads as absent.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from idsync.config.codes import (
    BAD_CAPTURE,
    BAD_DURATION,
    BAD_FILTER,
    BAD_ORG_URL,
    LOOKS_LIKE_EXPRESSION,
)
from idsync.config.mistakes import Mistakes
from idsync.config.nodes import Node, find, items_of, text_of
from idsync.config.patterns import NameFilter, NamePattern, PatternError
from idsync.config.placeholders import check_address
from idsync.config.templates import Template, TemplateError
from idsync.config.texts import looks_like_expression
from idsync.diagnostics import Position, plainly, quoted
from idsync.model.org_urls import normal_org_url

_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?")
_LONGEST = 3650 * 86400
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def read_duration(node: Node | None, mistakes: Mistakes, *, fix: str | None = None) -> int | None:
    """Return whole seconds, or None when it is not a valid duration."""
    text = text_of(node)
    if node is None or text is None:
        return None
    found = _DURATION.fullmatch(text)
    if found is None or not text:
        mistakes.add(BAD_DURATION, node.position, f"{quoted(text)} is not a duration", fix=fix)
        return None
    days, hours, minutes = (int(number or 0) for number in found.groups())
    seconds = days * 86400 + hours * 3600 + minutes * 60
    if 60 <= seconds <= _LONGEST:
        return seconds
    mistakes.add(BAD_DURATION, node.position, f"{quoted(text)} is out of range: a duration is 1m to 3650d")
    return None


def read_org_url(node: Node | None, mistakes: Mistakes, name: str = "org_url") -> str:
    """Return the organization's address in lower case, without a trailing slash and without its scheme's own port."""
    text = text_of(node)
    if node is None or text is None:
        return ""
    normal = normal_org_url(text)
    if (complaint := _org_url_complaint(normal)) is not None:
        mistakes.add(BAD_ORG_URL, node.position, f"{name} {complaint}")
    check_address(normal, node.position, mistakes)
    return normal


def _org_url_complaint(url: str) -> str | None:
    """Say what is wrong with an address, without repeating it: it may hold a password."""
    if not re.fullmatch(r"[!-~]+", url):
        return "is empty, or holds blanks, control characters or letters outside of ASCII"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "is not a valid address"
    if "@" in parts.netloc:
        return "holds a user name or password"
    if parts.scheme not in ("https", "http") or not host:
        return "does not begin with https:// and a host name"
    if not _HOST.fullmatch(parts.netloc.removesuffix(f":{port}")):
        return "has a host name that is not valid"
    if "-admin.okta" in host:
        return "is the address of the administrators' console: leave out -admin"
    if parts.path or "?" in url or "#" in url:
        return "holds more than a host name: a path, a query or a fragment"
    if parts.scheme == "http" and not _is_this_machine(host):
        return "is http: a token would be sent unencrypted"
    return None


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_pattern(node: Node | None, mistakes: Mistakes) -> NamePattern | None:
    """Compile a filter."""
    text = text_of(node)
    if node is None or not text:
        return None
    try:
        pattern = NamePattern(text, node.position)
    except PatternError as refusal:
        mistakes.add(
            BAD_FILTER, node.position, f"the filter {quoted(text)} is not a valid expression: {plainly(str(refusal))}"
        )
        return None
    if not pattern.is_regex and (sign := looks_like_expression(text)):
        mistakes.add(
            LOOKS_LIKE_EXPRESSION, node.position, f"the filter {quoted(text)} looks like half an expression: {sign}"
        )
    return pattern


def read_patterns(node: Node | None, mistakes: Mistakes) -> tuple[NamePattern, ...]:
    """Compile every filter of a list."""
    found = (read_pattern(item, mistakes) for item in items_of(node))
    return tuple(pattern for pattern in found if pattern is not None)


def read_name_filter(node: Node | None, default: NameFilter, mistakes: Mistakes) -> NameFilter:
    """Compile `include` and `exclude`; what is absent is as the default has it."""
    include, exclude = find(node, "include"), find(node, "exclude")
    return NameFilter(
        include=default.include if include is None else read_patterns(include, mistakes),
        exclude=default.exclude if exclude is None else read_patterns(exclude, mistakes),
    )


def read_template(node: Node | None, pattern: NamePattern | None, mistakes: Mistakes) -> Template | None:
    """Parse a text with captures of that pattern. Without a valid pattern there is nothing to hold it against."""
    text = text_of(node)
    if node is None or text is None or pattern is None:
        return None
    return parse_template(text, pattern, node.position, mistakes)


def parse_template(text: str, pattern: NamePattern, position: Position, mistakes: Mistakes) -> Template | None:
    """Parse one text with captures of a pattern, or note what is wrong with it."""
    return parse_text_template(text, pattern.captures, position, mistakes)


def parse_text_template(text: str, captures: int, position: Position, mistakes: Mistakes) -> Template | None:
    """Parse one text with so many captures, or note what is wrong with it."""
    try:
        return Template(text, captures)
    except TemplateError as refusal:
        mistakes.add(
            BAD_CAPTURE, position, f"{quoted(text)}: {plainly(str(refusal))}", fix=plainly(refusal.fix, limit=200)
        )
        return None


def read_templates(node: Node | None, pattern: NamePattern | None, mistakes: Mistakes) -> tuple[Template, ...]:
    """Parse every text of a list."""
    found = (read_template(item, pattern, mistakes) for item in items_of(node))
    return tuple(template for template in found if template is not None)


def read_texts(node: Node | None) -> tuple[tuple[str, Position], ...]:
    """Return every text of a list, with its place."""
    found = ((text_of(item), item.position) for item in items_of(node))
    return tuple((text, position) for text, position in found if text is not None)
