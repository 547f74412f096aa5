"""How a command speaks: its result on stdout and nothing else there; messages, progress and questions on stderr."""

import contextlib
import json
import os
import re
import shutil
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TextIO

import click

from idsync.errors import ConfigError, IdsyncError, UsageError
from idsync.model.known_secrets import without_secrets
from idsync.render.hints import as_typed

if TYPE_CHECKING:
    from idsync.diagnostics import Diagnostic, Position
    from idsync.render.style import Style

Level = Literal["error", "warning", "info"]
_COLOURS: dict[Level, str] = {"error": "red", "warning": "yellow", "info": "cyan"}


class OutputClosed(Exception):
    """The reader of the results closed its end, as `head` does."""


class Console:
    """The streams of one run. Colour only on a terminal that wants it; JSON lines on stderr when asked for."""

    def __init__(self) -> None:
        self.quiet = False
        self.debug = False
        self.json_log = False
        self.options: tuple[str, ...] = ()
        """By which another call finds the same configuration."""
        self.keeps_steps = False
        """Whether what is under way stays where it was made, when the command is broken off."""

    @property
    def colour(self) -> bool:
        """Whether the result may hold colour."""
        return wants_colour(sys.stdout)

    @property
    def columns(self) -> int | None:
        """How wide the terminal is that shows the result; None where no terminal does."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def line(self, text: str) -> None:
        """Print a result of one line, whatever the names in it hold. Raises as `result` does."""
        self.result(one_line(text))

    def result(self, text: str, *, exact: bool = False) -> None:
        """Print a result on stdout, ending in one newline: every line of it is one that a renderer made, or it is JSON.

        Whatever could steer a terminal is spelled out, and secrets are left out, even where a renderer forgot to. JSON
        that is to be `exact`, byte for byte what a file holds, stays as it is unless a terminal shows it.
        Raises OutputClosed when nobody reads any more, UsageError when it cannot be written.
        """
        if text[:1] not in ("{", "["):
            text = harmless(text, colour=self.colour)
        elif not exact or sys.stdout.isatty():
            text = harmless_json(text)
        text = without_secrets(text)
        try:
            sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise OutputClosed from error
        except OSError as error:
            raise not_written(error) from error

    def note(self, message: str) -> None:
        """Say something on stderr that is good to know; silent with --quiet."""
        if not self.quiet:
            self._say("info", message)

    def warning(self, message: str, *, why: str = "", fix: str = "") -> None:
        """Say something on stderr that should be looked at."""
        self._say("warning", message, why=why, fix=fix)

    def failure(self, error: IdsyncError) -> None:
        """Say why the command did not do what it should."""
        if self.json_log:
            if isinstance(error, ConfigError):
                self.diagnostics(error.diagnostics)
            self._say("error", error.summary, why=error.why, fix=error.fix, position=error.position)
        else:
            from idsync.render.diagnostics import render_error

            self._write(self.as_typed(render_error(error, _style(sys.stderr))))
        if self.debug:
            self._trace(error)

    def diagnostics(self, found: Sequence["Diagnostic"]) -> None:
        """Say what is wrong with somebody's files."""
        if self.json_log:
            self._write("".join(map(_diagnostic_line, found)))
        elif found:
            from idsync.render.diagnostics import render_diagnostics

            self._write(self.as_typed(render_diagnostics(found, _style(sys.stderr))))

    def refuse_usage(self, error: click.ClickException) -> None:
        """Say what is wrong with the command line."""
        context = error.ctx if isinstance(error, click.UsageError) else None
        fix = f"See `{context.command_path} --help`." if context else ""
        if context and context.parent and isinstance(context.command, click.Group):
            fix = f"Name one of {', '.join(context.command.list_commands(context))}. {fix}"
        self._say("error", " ".join(error.format_message().split()), fix=fix)

    def broken_off(self, command: str, how: str) -> None:
        """Say that a command was broken off from outside, and what that leaves behind."""
        if self.keeps_steps:
            self._say(
                "error",
                f"`{f'idsync {command}'.strip()}` was {how}; the steps that were made before are kept.",
                why="It was writing to a target that keeps each step as it is made.",
                fix="Run it again with the same plan, or with a new one; `idsync history` shows what was applied.",
            )
            return
        self._say(
            "error",
            f"`{f'idsync {command}'.strip()}` was {how}; nothing is half done.",
            why="What was under way has been taken back; what was finished stays.",
            fix="Run it again; `idsync history` shows what was applied.",
        )

    def crash(self, error: Exception) -> None:
        """Say that the program failed, in one line unless more was asked for."""
        fix = "" if self.debug else "Run again with --debug to see where it came from, and report it."
        self._say("error", f"Unexpected {type(error).__name__}: {_shortened(str(error))}", fix=fix)
        if self.debug:
            self._trace(error)

    def require_person(self) -> None:
        """Raise UsageError when there is no terminal on which somebody could answer."""
        if not (sys.stdin is not None and sys.stdin.isatty()):
            raise UsageError(
                "This needs an answer, and there is no terminal to ask on.",
                why="Nothing is changed unseen.",
                fix="Give --auto-approve to go ahead without being asked.",
            )

    @property
    def can_ask(self) -> bool:
        """Whether somebody is there who could read a question and answer it."""
        return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))

    def ask(self, question: str) -> str:
        """What a person answers, without white space at its ends; empty where they say nothing."""
        sys.stdout.flush()
        write_if_possible(sys.stderr, f"{question} ")
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            write_if_possible(sys.stderr, "\n")
        return answer.strip()

    @property
    def colour_of_questions(self) -> bool:
        """Whether a question may hold colour."""
        return wants_colour(sys.stderr)

    def confirm(self, question: str, recap: str = "") -> bool:
        """Ask a person; only `yes` and `y` are consent. Raises UsageError when nobody can answer.

        The `recap` are the lines that a renderer made of what the question is about; they stand over it.
        """
        self.require_person()
        sys.stdout.flush()
        before = f"\n{harmless(recap, colour=self.colour_of_questions)}" if recap else ""
        write_if_possible(sys.stderr, f"{before}{one_line(question)} [yes/no] ")
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):
            write_if_possible(sys.stderr, "\n")
        return answer.strip().lower() in {"y", "yes"}

    def as_typed(self, text: str) -> str:
        """The text with the commands that it names as a person has to type them after this call."""
        return as_typed(text, self.options)

    def _trace(self, error: BaseException) -> None:
        lines = "".join(traceback.format_exception(error)).splitlines()
        self._write("".join(f"  | {one_line(line)}\n" for line in lines))

    def _say(
        self, level: Level, summary: str, *, why: str = "", fix: str = "", position: "Position | None" = None
    ) -> None:
        if self.json_log:
            self._write(_json_line(level, summary, why=why, fix=fix, position=position))
            return
        summary, why, fix = map(self.as_typed, (summary, why, fix))
        lines = [f"{click.style(level, fg=_COLOURS[level], bold=True)}: {one_line(summary)}"]
        lines += [f"  {label}: {one_line(text)}" for label, text in (("why", why), ("fix", fix)) if text]
        self._write("\n".join(lines) + "\n")

    def _write(self, text: str) -> None:
        shown = text if wants_colour(sys.stderr) else click.unstyle(text)
        write_if_possible(sys.stderr, shown)


def not_written(error: OSError) -> UsageError:
    """The refusal of a result that standard output does not take."""
    return UsageError(
        "The result cannot be written to standard output.",
        why=f"{error.strerror}.",
        fix="Send it elsewhere, or free some space; `idsync history` shows what was applied.",
    )


def write_if_possible(stream: TextIO, text: str) -> None:
    """Write a message; one that nobody can read, on a full disk say, must not change how a command ends."""
    with contextlib.suppress(OSError):
        stream.write(without_secrets(text))
        stream.flush()


def wants_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose owner has not declined colour, or FORCE_COLOR asks for it anywhere.

    NO_COLOR wins; FORCE_COLOR=0 asks for nothing. Logs of CI systems show colour, and are not terminals.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("0", "", "false"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


_PAINT = re.compile("(\x1b\\[[0-9;]{0,12}m)")


def harmless(text: str, *, colour: bool = False) -> str:
    """The text with every character that could steer a terminal spelled out; line breaks stay, and our own colour."""
    parts = _PAINT.split(text) if colour else [text]
    return "".join(part if place % 2 else _harmless(part) for place, part in enumerate(parts))


def one_line(text: str) -> str:
    """The same on one line: a line break in a name cannot make a line that passes for ours."""
    return _harmless(text).replace("\n", "\\n")


def harmless_json(text: str) -> str:
    """JSON with every character that could steer a terminal written as an escape: the same JSON."""
    if _is_plain(text):
        return text
    return "".join(_escaped(character) for character in text)


def _is_plain(text: str) -> bool:
    return text.replace("\n", "").replace("\t", "").isprintable()


def _harmless(text: str) -> str:
    return text if _is_plain(text) else "".join(_spelled(character) for character in text)


def _spelled(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape", "backslashreplace").decode()


def _escaped(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return json.dumps(character)[1:-1]


def _shortened(text: str, limit: int = 300) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _style(stream: TextIO) -> "Style":
    from idsync.render.style import COLOUR, PLAIN

    return COLOUR if wants_colour(stream) else PLAIN


def _diagnostic_line(found: "Diagnostic") -> str:
    related = [str(place) for place in found.related]
    return _json_line(
        found.severity.value,
        found.summary,
        code=found.code,
        why=found.why,
        fix=found.fix,
        position=found.position,
        related=related,
    )


def _json_line(level: Level, summary: str, *, position: "Position | None", **more: str | list[str]) -> str:
    record: dict[str, object] = {"level": level, "message": summary}
    if position is not None:
        record |= {"file": position.file, "line": position.line, "column": position.column}
    record |= {name: value for name, value in more.items() if value}
    return json.dumps(record) + "\n"


def json_text(value: object) -> str:
    """A value as indented JSON, for people and machines alike."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
