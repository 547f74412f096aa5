"""What a service logs: one JSON object a line for machines, or plain lines; a secret is in none of them.

What clients send is somebody else's text: in a plain line every character that acts is spelled out.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, NamedTuple

from idsync.model.known_secrets import without_secrets
from idsync.render.escape_text import visible
from idsync.render.hints import as_typed

LOG = logging.getLogger("idsync")
_LISTENING = logging.getLogger("uvicorn.error")
"""What the library that listens has to say."""
_OWN = frozenset(vars(logging.makeLogRecord({})))


class LogForm(NamedTuple):
    """How lines are written: as JSON, or plain; commands that they name get the `options` of the service's own call."""

    as_json: bool
    options: tuple[str, ...] = ()


class _Lines(logging.Formatter):
    def __init__(self, options: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._options = options

    def _message(self, record: logging.LogRecord) -> str:
        return as_typed(record.getMessage(), self._options)


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": self._message(record),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return without_secrets(_inert(json.dumps(told, ensure_ascii=False, default=str)))


class _PlainLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        more = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _OWN)
        line = visible(f"{record.levelname.lower()}: {self._message(record)}" + (f" ({more})" if more else ""))
        if record.exc_info:
            lines = self.formatException(record.exc_info).splitlines()  # what was raised may repeat what a client sent
            line = "\n  ".join([line, *map(visible, lines)])
        return without_secrets(line)


def _inert(line: str) -> str:
    """The same JSON with every character that acts on a terminal, or ends a line for some, written as an escape."""
    if line.isprintable():
        return line
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in line)


def set_up_logs(form: LogForm) -> None:
    """Log to stderr from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines(form.options) if form.as_json else _PlainLines(form.options))
    for log, level in ((LOG, logging.INFO), (_LISTENING, logging.WARNING)):
        log.handlers[:] = [handler]
        log.setLevel(level)
        log.propagate = False
