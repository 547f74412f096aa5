"""A plan or a configuration as GitHub workflow commands, which GitHub shows at the lines that they name.

GitHub shows ten of each level a step and fifty a job: the worst come first, and the last one tells how many there are
besides.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from idsync.diagnostics import Diagnostic
from idsync.model.earlier import AS_APPLIED_BEFORE
from idsync.plan.changes import Plan
from idsync.render.escape_text import shown, visible
from idsync.render.phrases import counted, listed, listed_names
from idsync.render.reports.access_by_line import LineAccess, access_by_line
from idsync.render.reports.reported import Level, Place, Places, Reported, reported_of_diagnostics, reported_of_plan

EACH_LEVEL = 10
"""How many of a level GitHub shows of one step."""
MESSAGE_LIMIT = 4_000
TITLE_LIMIT = 200
ACCESS_SHOWN = 8
PEOPLE_SHOWN = 10
_COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}
_PLURALS: dict[Level, str] = {"error": "errors", "warning": "warnings", "note": "notices"}


class Annotation(msgspec.Struct, frozen=True):
    """One remark at a line; its texts are visible, the message may have lines of its own."""

    level: Level
    place: Place | None
    title: str
    message: str


def render_plan(plan: Plan, places: Places | None = None) -> str:
    """A command for each doubt, finding and blocked guard, and for each line by which people gain or lose access."""
    places = places or Places()
    reported = [each for each in reported_of_plan(plan, places) if not each.passed]
    lines = [_of_access(each, places) for each in access_by_line(plan)]
    return _commands([*map(_of_reported, reported), *lines], "idsync show PLAN")


def render_diagnostics(found: Sequence[Diagnostic], places: Places | None = None) -> str:
    """A command for each mistake in a configuration."""
    return _commands(map(_of_reported, reported_of_diagnostics(found, places or Places())), "idsync validate")


def _of_reported(reported: Reported) -> Annotation:
    return Annotation(reported.level, reported.place, f"idsync {reported.code}", reported.message)


def _of_access(line: LineAccess, places: Places) -> Annotation:
    """Who gains and loses what by one line: a warning where somebody loses."""
    parts = []
    if line.losing:
        parts.append(f"{counted(len(line.losing), 'person loses', 'people lose')} access")
    if line.gaining:
        parts.append(f"{counted(len(line.gaining), 'person gains', 'people gain')} access")
    told = [shown(line.rule)] if line.rule else []
    told += [
        f"{entry.symbol} {entry.what}: {counted(len(entry.people), 'person', 'people')}:"
        f" {listed_names(entry.people, PEOPLE_SHOWN)}"
        for entry in line.entries[:ACCESS_SHOWN]
    ]
    if len(line.entries) > ACCESS_SHOWN:
        told.append(f"… and {len(line.entries) - ACCESS_SHOWN:,} more roles and lists")
    is_gone = line.rule.endswith(AS_APPLIED_BEFORE)
    return Annotation(
        "warning" if line.losing else "note",
        places.of(line.file, line.line, line.column),
        f"{' and '.join(parts)} by {f'line {line.line} as it was applied before' if is_gone else 'this line'}",
        "\n".join(told),
    )


def _commands(annotations: Iterable[Annotation], rest: str) -> str:
    by_level: dict[Level, list[Annotation]] = defaultdict(list)
    for each in annotations:
        by_level[each.level].append(each)
    return "".join(f"{command}\n" for level in _COMMANDS for command in _of_level(level, by_level[level], rest))


def _of_level(level: Level, annotations: Sequence[Annotation], rest: str) -> Iterator[str]:
    some = annotations if len(annotations) <= EACH_LEVEL else annotations[: EACH_LEVEL - 1]
    yield from map(_command, some)
    left_out = annotations[len(some) :]
    if left_out:
        titles = listed([*dict.fromkeys(each.title for each in left_out)])
        message = f"GitHub shows {EACH_LEVEL} {_PLURALS[level]} a step. See {rest} for the others: {titles}."
        title = f"{len(left_out):,} more {_PLURALS[level]}"
        yield _command(Annotation(level, left_out[0].place, title, message))


def _command(annotation: Annotation) -> str:
    """One line that begins with `::`; no text in it can end the line, or a property."""
    properties = {**_placed(annotation.place), "title": shown(annotation.title, TITLE_LIMIT)}
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    message = annotation.message
    if len(message) > MESSAGE_LIMIT:
        message = message[: MESSAGE_LIMIT - 1] + "…"
    return f"::{_COMMANDS[annotation.level]} {told}::{_data(message)}"


def _placed(place: Place | None) -> dict[str, str]:
    if place is None:
        return {}
    numbers = {"line": place.line, "col": place.column if place.line else 0}
    return {"file": shown(place.file), **{name: str(number) for name, number in numbers.items() if number}}


def _data(text: str) -> str:
    lines = (visible(line) for line in text.split("\n"))
    return "%0A".join(line.replace("%", "%25").replace("\r", "%0D") for line in lines)


def _property(text: str) -> str:
    escaped = _data(text)
    return escaped.replace(":", "%3A").replace(",", "%2C")
