"""Live the weeks, and hold each against those before it."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.okta_scim_client import Dialect
from tests.process_figures import Figures, figures_of
from tests.serve_kills.service import Service
from tests.serve_soak.weeks import AWAY, PEOPLE, Organization, client

WARM_UP = 3
"""So many weeks fill caches; what comes after them is compared."""
MEGABYTE = 1 << 20
GROWTH_A_WEEK, GROWTH = MEGABYTE // 4, 24 * MEGABYTE
"""Memory may grow by so much a week, and by so much in all: Python's heap breathes."""
BREATH = 4
"""So many files and threads a pass or a request under way has for a moment."""
HISTORY = frozenset({"journal", "runs", "bodies", "former_names", "lifted_locks", "ended_memberships", "names"})
"""Tables that are there to remember, which grow with what happens, and by no more than so many rows a week:"""
ROWS_A_WEEK = 400


class Grown(Exception):
    """Something is larger than it was, and should not be."""


@dataclass(frozen=True)
class Week:
    """What was there at the end of a week, and how many requests were made in it."""

    web: Figures
    reconciler: Figures
    requests: int
    rows: dict[str, int]


def live(folder: Path, weeks: int, seed: int, tell: Callable[[int, Week], None] = lambda *_: None) -> list[Week]:
    """So many weeks after the warm-up, against a service of their own. Raises Grown, or Broken."""
    service = Service(folder)
    service.start()
    lived: list[Week] = []
    try:
        with service.client() as http:
            okta = client(http, service.token)
            organization = Organization.founded(okta, list(Dialect)[seed % 2], seed)
            for number in range(WARM_UP + weeks):
                before = len(okta.requests)
                organization.week()
                lived.append(_week(service, len(okta.requests) - before))
                tell(number, lived[-1])
    finally:
        service.stop()
    there = service.looked_at()
    wanted = {person.username for person in organization.here}
    if there != wanted:
        raise Grown(f"The directory has {sorted(there ^ wanted)}, or lacks them.")
    compare(lived[WARM_UP - 1 :])
    return lived


def _week(service: Service, requests: int) -> Week:
    with closing(sqlite3.connect(f"file:{service.folder / 'idsync.db'}?mode=ro", uri=True)) as store:
        names = [name for (name,) in store.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {name: store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
    return Week(figures_of(service.replicas[0].pid), figures_of(service.replicas[0].reconciler), requests, rows)


def compare(weeks: list[Week]) -> None:
    """Hold the last week against the first; raises Grown with all that has grown."""
    first, last, count = weeks[0], weeks[-1], len(weeks) - 1
    late = weeks[-max(1, count // 10) :]
    grown = [
        f"{what} holds {(now.resident - then.resident) / MEGABYTE:.1f} MiB more after {count} weeks"
        for what, then, now in (("web", first.web, last.web), ("reconciler", first.reconciler, last.reconciler))
        if now.resident - then.resident > max(GROWTH, GROWTH_A_WEEK * count)
    ]
    for what, then, now in (
        ("files of web", first.web.files, min(week.web.files for week in late)),
        ("threads of web", first.web.threads, last.web.threads),
        ("files of the reconciler", first.reconciler.files, min(week.reconciler.files for week in late)),
        ("threads of the reconciler", first.reconciler.threads, last.reconciler.threads),
    ):
        if now > then + BREATH:
            grown.append(f"{what}: {then}, and then {now}")
    most = max(week.requests for week in weeks[: len(weeks) // 2 + 1])
    if last.requests > most * 1.2:
        grown.append(f"a week takes {last.requests} requests, and took {most}")
    for name, rows in last.rows.items():
        more = rows - first.rows.get(name, 0)
        if more > (ROWS_A_WEEK * count if name in HISTORY else PEOPLE + AWAY):
            grown.append(f"table {name} has {more} rows more")
    if grown:
        raise Grown("; ".join(grown))
