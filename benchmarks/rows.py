"""The rows of the table: what is run, what it is held against, and how much of that it may take."""

from collections.abc import Callable
from enum import Enum

import msgspec

from benchmarks.organizations import APP_ID, Variant
from benchmarks.processes import PYTHON
from benchmarks.stage import Stage
from idsync.cli.plans import FORMATS

Command = list[str]
_CREATES = 1000
CHANGES_PRESENT = 2
"""The exit code of `plan --detailed-exitcode`: proof that the measured plan found what it should."""


class Yardstick(Enum):
    """What a row is held against, measured in turn with it.

    A row that names what is `beside` it measures its yardstick itself.
    """

    DECODE = "reading the snapshot file with orjson.loads"
    START = "python -c pass"
    BARE_CLIENT = "reading the same pages with httpx and orjson.loads"
    FEW_PEOPLE = "the same among 1,000 people"
    SMALL_LIST = "the same in a list of 100"
    BARE_SCIM = "a bare ASGI app: the same SCIM models, one row committed"
    BARE_SCIM_ON_POSTGRESQL = "the bare ASGI app on PostgreSQL"
    ONE_REPLICA = "one service on PostgreSQL"
    SMALL_GROUP = "the same in a pushed group of 100"
    MANY_PLANNED = "planning the same changes, one person in twenty"

    def command(self, stage: Stage) -> Command:
        """The process that is the yardstick. Raises ValueError for one that its rows measure themselves."""
        if self is Yardstick.START:
            return [PYTHON, "-c", "pass"]
        if self is Yardstick.BARE_CLIENT:
            return [PYTHON, "-m", "benchmarks.bare_client", stage.okta(), APP_ID]
        if self is Yardstick.FEW_PEOPLE:
            return _pushes("people", stage.small())
        if self is Yardstick.SMALL_LIST:
            return _pushes("small", stage)
        if self is Yardstick.SMALL_GROUP:
            return _patches("small", stage)
        if self is Yardstick.MANY_PLANNED:
            return _planned(stage, "many")
        if self in _SERVICES:
            raise ValueError(f"{self.value}: the row measures it itself")
        read = "import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())"
        return [PYTHON, "-c", read, str(stage.snapshot())]


_SERVICES = {
    Yardstick.BARE_SCIM: "bare",
    Yardstick.BARE_SCIM_ON_POSTGRESQL: "bare-on-postgresql",
    Yardstick.ONE_REPLICA: "idsync-on-postgresql",
}
"""The yardsticks that are services, as `benchmarks.scim_creates` names them."""


class Row(msgspec.Struct, frozen=True):
    """One line of the table: ratios to the yardstick and MiB, where there is a limit.

    `prepare` is called before every run, outside of the measured time, and gives the command.
    """

    title: str
    prepare: Callable[[Stage], Command]
    exit_code: int = 0
    allowed: float | None = None
    aim: float | None = None
    memory: int | None = None
    yardstick: Yardstick = Yardstick.DECODE
    short: bool = False
    """Over in a blink, so that more runs are needed and cost little."""
    told: str | None = None
    """Which figure of the JSON that the command prints is compared, in place of its processor time."""
    beside: str | None = None
    """Which figure of it is the yardstick's, where the command measures both, slice by slice."""


def _pushes(what: str, stage: Stage) -> Command:
    return [PYTHON, "-m", "benchmarks.pushes", what, str(stage.followed())]


def _creates(title: str, told: str, allowed: float | None, whom: str, yardstick: Yardstick) -> Row:
    """Users created at one service, and at another one beside it; `told` is the figure that is compared."""
    beside = _SERVICES[yardstick]

    def command(stage: Stage) -> Command:
        count = min(stage.size.users, _CREATES)
        return [PYTHON, "-m", "benchmarks.scim_creates", whom, beside, str(stage.served()), str(count)]

    return Row(title, command, allowed=allowed, yardstick=yardstick, told=told, beside=f"beside_{told}")


def _patches(what: str, stage: Stage) -> Command:
    return [PYTHON, "-m", "benchmarks.scim_members", what, str(stage.pushed())]


def _plan(stage: Stage, variant: Variant) -> Command:
    return _idsync("plan", "--detailed-exitcode", "-c", stage.filled(), "--snapshot", stage.snapshot(variant))


def _planned(stage: Stage, variant: Variant) -> Command:
    """The same where it ends with 0, and writes the plan as JSON: what a format is held against."""
    return _idsync("plan", "--format", "json", "-c", stage.filled(), "--snapshot", stage.snapshot(variant))


def _shown(form: str) -> Row:
    """A plan of many changes in one format, from the start of the process to its end, the plan file read too."""
    return Row(
        f"show PLAN --format {form}, one person in twenty changed",
        lambda stage: _idsync("show", stage.many_planned(), "--format", form),
        allowed=2,
        yardstick=Yardstick.MANY_PLANNED,
    )


def _first_plan(stage: Stage, *options: object) -> Command:
    return _idsync("plan", "--detailed-exitcode", "-c", stage.empty(), *options)


def _idsync(*arguments: object) -> Command:
    return [PYTHON, "-m", "idsync", *map(str, arguments)]


def _one_change(title: str, variant: Variant) -> Row:
    return Row(title, lambda stage: _plan(stage, variant), CHANGES_PRESENT, allowed=2, aim=1, memory=512)


PLAN_UNCHANGED = Row("plan, nothing changed", lambda stage: _plan(stage, "same"), allowed=2, aim=1, memory=512)
PLAN_ONE_CHANGE = (
    _one_change("plan, one profile changed", "profile"),
    _one_change("plan, one leaver", "leaver"),
    _one_change("plan, one joiner", "joiner"),
    _one_change("plan, one mover", "mover"),
)
PLAN_FIRST_IMPORT = Row("plan, first import", _first_plan, CHANGES_PRESENT, allowed=4, aim=2, memory=1024)
PLAN_FIRST_IMPORT_TO_FILE = Row(
    "plan -o, first import",
    lambda stage: _first_plan(stage, "-o", stage.plan_file()),
    CHANGES_PRESENT,
    allowed=6,
    memory=1024,
)
APPLY_FIRST_IMPORT = Row(
    "apply, first import",
    lambda stage: _idsync("apply", "--auto-approve", "-c", stage.empty()),
    allowed=6,
    aim=3,
    memory=1024,
)
SNAPSHOT_ALONE = Row(
    "reading the snapshot alone",
    lambda stage: [PYTHON, "-m", "benchmarks.alone", "snapshot", str(stage.snapshot())],
    short=True,
)
INDEX_ALONE = Row(
    "reading the store's index alone",
    lambda stage: [PYTHON, "-m", "benchmarks.alone", "index", str(stage.filled_store())],
    short=True,
)
LIVE_READING = Row(
    "reading a live organization",
    lambda stage: [PYTHON, "-m", "benchmarks.alone", "okta", stage.okta()],
    allowed=1,
    yardstick=Yardstick.BARE_CLIENT,
)
PUSHED_PERSON = Row(
    "a hundred people pushed, one by one",
    lambda stage: _pushes("people", stage),
    allowed=1.5,
    yardstick=Yardstick.FEW_PEOPLE,
)
PUSHED_MEMBER = Row(
    "a hundred people into a list of everybody, one by one",
    lambda stage: _pushes("large", stage),
    allowed=1.5,
    yardstick=Yardstick.SMALL_LIST,
)
SCIM_CREATES = _creates("SCIM: users created by 8 connections", "ms", 2, "idsync", Yardstick.BARE_SCIM)
SCIM_CREATES_PROCESSOR = _creates(
    "SCIM: the service's processor time for each of them", "cpu_ms", None, "idsync", Yardstick.BARE_SCIM
)
SCIM_SLOWEST = _creates("SCIM: the slowest in a hundred of them", "p99_ms", 4, "idsync", Yardstick.BARE_SCIM)
SCIM_MEMBER = Row(
    "SCIM: a PATCH of one member of a group of everybody",
    lambda stage: _patches("large", stage),
    allowed=1.5,
    yardstick=Yardstick.SMALL_GROUP,
    told="ms",
)
SCIM_ON_POSTGRESQL = (
    _creates(
        "SCIM on PostgreSQL: users created by 8 connections",
        "ms",
        2,
        "idsync-on-postgresql",
        Yardstick.BARE_SCIM_ON_POSTGRESQL,
    ),
    _creates(
        "SCIM on PostgreSQL: the service's processor time for each of them",
        "cpu_ms",
        None,
        "idsync-on-postgresql",
        Yardstick.BARE_SCIM_ON_POSTGRESQL,
    ),
    _creates(
        "SCIM on PostgreSQL: the slowest in a hundred of them",
        "p99_ms",
        4,
        "idsync-on-postgresql",
        Yardstick.BARE_SCIM_ON_POSTGRESQL,
    ),
    _creates("SCIM on PostgreSQL: the same by two replicas", "ms", 1, "two-on-postgresql", Yardstick.ONE_REPLICA),
)
"""Not among all rows: they need PostgreSQL's programs."""
SHOWN = tuple(map(_shown, FORMATS))
HELP = Row("idsync --help", lambda stage: _idsync("--help"), yardstick=Yardstick.START, short=True)  # noqa: ARG005

ALL = (
    PLAN_UNCHANGED,
    *PLAN_ONE_CHANGE,
    PLAN_FIRST_IMPORT,
    PLAN_FIRST_IMPORT_TO_FILE,
    APPLY_FIRST_IMPORT,
    SNAPSHOT_ALONE,
    INDEX_ALONE,
    LIVE_READING,
    PUSHED_PERSON,
    PUSHED_MEMBER,
    SCIM_CREATES,
    SCIM_CREATES_PROCESSOR,
    SCIM_SLOWEST,
    SCIM_MEMBER,
    *SHOWN,
    HELP,
)
