"""Lines of the log: whatever a client sent stays in its line, and does nothing to the terminal of who reads it."""

import json
import logging
import sys

import pytest

from idsync.server.logs import _JsonLines, _PlainLines

HOSTILE = 'ann\n{"level": "forged"}\r\x1b[2J\u202e\u2028\x85\u200b\x00'
ACTING = ("\r", "\x1b", "\u202e", "\u2028", "\x85", "\u200b", "\x00")


def record() -> logging.LogRecord:
    """A failure with a hostile text in its message, beside it, and in what was raised."""
    try:
        raise KeyError(f"{HOSTILE}\n{HOSTILE}") from ValueError(HOSTILE)
    except KeyError:
        made = logging.LogRecord("idsync", logging.ERROR, "a.py", 1, "%s failed", (HOSTILE,), sys.exc_info())
    made.path = HOSTILE
    return made


def test_a_line_of_json_is_one_line() -> None:
    line = _JsonLines().format(record())
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    told = json.loads(line)
    assert told["path"] == HOSTILE
    assert told["message"] == f"{HOSTILE} failed"


@pytest.mark.parametrize("character", ACTING)
def test_a_plain_line_spells_out_what_acts(character: str) -> None:
    lines = _PlainLines().format(record())
    assert character not in lines
    assert not any(each.startswith("{") for each in lines.split("\n"))


@pytest.mark.parametrize("form", [_JsonLines, _PlainLines])
def test_a_command_in_a_line_finds_the_configuration_of_the_service(
    form: type[_JsonLines] | type[_PlainLines],
) -> None:
    told = logging.LogRecord("idsync", logging.INFO, "a.py", 1, "Run `idsync scim token create`.", (), None)
    assert "`idsync scim token create -c access`" in form(("-c", "access")).format(told)
    assert "`idsync scim token create`" in form().format(told)
