"""What organizations cost in Okta requests and minutes: `python -m benchmarks.capacity` prints docs/capacity.md.

Readings are idsync's own, over Okta's buckets, with clocks that nobody waits for. What is too large to be read in a
minute is computed by formulas, which are held against every reading that was made.
"""

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from pathlib import Path

import click

from benchmarks.light_okta import LATENCY, TOKEN_SHARE, Clocks, LightOkta, one_thread_a_bucket
from benchmarks.organizations import APP_ID, DIRECT_SHARE, ORG_URL, Size, make_organization, skewed, write_snapshot
from idsync.config.settings import AppById
from idsync.model.extent import EVERYTHING, Extent
from idsync.model.identity import Snapshot
from idsync.okta.auth import ApiTokenCredential
from idsync.okta.rate_limit import LEFT_TO_OTHERS
from idsync.reconcile.continuous.by_listings import SWEEP_EACH, pause_after
from idsync.reconcile.continuous.loop import Loop, TickEnd, Wake
from idsync.reconcile.continuous.watching import MOST_ASKED
from idsync.sources.okta.listings import BUCKETS
from idsync.sources.okta.source import OktaSource
from idsync.sources.protocol import ListingKind
from idsync.sources.snapshot import read_snapshot
from tests.okta_simulator.limits import Limits
from tests.okta_simulator.switches import Switches

SIZES = (
    Size(1_000, 100, 10_000, 20),
    Size(10_000, 1_000, 100_000, 60),
    Size(100_000, 10_000, 1_000_000, 200),
    Size(1_000_000, 100_000, 10_000_000, 500),
)
SHARES = (50, 100)
"""Values of `rate_limit_share`."""
INTERVALS = {"30m": 1800.0, "12h": 43200.0}
TICK = 10.0
DAY = 86400.0
CHANGES = 0.02
"""The share of people of whom something moves in a day; with each of them, one group."""
_MINUTE = 60.0
_WINDOW = 62.0
"""Seconds from one of Okta's windows to the next, when its end is told in whole seconds."""


@dataclass(frozen=True)
class Cost:
    """Requests by bucket, and the seconds that they take."""

    requests: Mapping[str, int]
    seconds: float

    @property
    def all(self) -> int:
        """All requests."""
        return sum(self.requests.values())


class Unequal(Exception):
    """A formula and a reading that do not agree."""


def simulated(okta: LightOkta, share: int, ask: Callable[[OktaSource], object]) -> Cost:
    """What it takes to ask, at a share of the limits. Raises Unequal where Okta had to refuse something."""
    clocks = Clocks()
    okta.begin(clocks)
    source = OktaSource(
        org_url=ORG_URL,
        app=AppById(APP_ID),
        credential=ApiTokenCredential("token"),
        rate_limit_share=share,
        transport=okta,
        timing=clocks.timing(),
    )
    with one_thread_a_bucket():
        ask(source)
    if okta.refused:
        raise Unequal(f"{okta.refused} requests were refused")
    return Cost(dict(okta.asked), clocks.longest())


def requests_of_full(
    people: int, groups: Iterable[int], apps: Iterable[tuple[int, int]], listed_apps: int
) -> dict[str, int]:
    """Requests of a full pass by bucket, from the sizes of groups, and the users and groups of active apps."""
    sizes, assigned = list(groups), list(apps)
    users = sum(_pages(size, 500) for size, _ in assigned)
    conveyed = sum(_pages(count, 200) for _, count in assigned)
    return {
        "groups": _pages(len(sizes) + 1, 200) + sum(_pages(size, 1000) for size in sizes),
        "apps": _pages(people, 500) + _pages(listed_apps + 1, 200) + users + conveyed,
    }


def allowed_of(bucket: str, share: int) -> int:
    """Requests a minute that may be made of a bucket, at a share of what one token may use."""
    limits = Limits(lambda: 0.0, Switches()).per_window
    return max(int(limits[bucket] * TOKEN_SHARE) * share // 100, 1)


def seconds_of(requests: Mapping[str, int], share: int, *, beside_ticks: bool = False) -> float:
    """Seconds that requests take: the slowest bucket's windows, and what is left for the last one.

    In a service they leave a part of each window to ticks.
    """
    longest = 0.0
    for bucket, count in requests.items():
        allowed = allowed_of(bucket, share)
        allowed -= allowed // LEFT_TO_OTHERS if beside_ticks else 0
        full_windows = (count - 1) // allowed
        longest = max(longest, full_windows * _WINDOW + (count - full_windows * allowed) * LATENCY / 3)
    return longest


def _pages(rows: int, size: int) -> int:
    return max(1, ceil(rows / size))


def of_snapshot(snapshot: Snapshot) -> dict[str, int]:
    """The formula for an organization that is there."""
    apps = [(len(app.user_ids()), len(app.groups)) for app in snapshot.apps if app.status == "ACTIVE"]
    sizes = [len(group.member_ids()) for group in snapshot.groups]
    return requests_of_full(len(snapshot.users), sizes, apps, len(snapshot.apps))


def of_size(size: Size) -> dict[str, int]:
    """The formula for an organization that is too large to be made."""
    draw, direct = random.Random(0), size.memberships // DIRECT_SHARE
    groups = skewed(draw, size.groups, size.memberships - direct, size.users)
    apps = skewed(draw, size.apps, direct, size.users)
    return requests_of_full(size.users, groups, [(count, 3) for count in apps], size.apps)


@dataclass
class Day:
    """A day of the service's own loop, whose passes cost what was found. `changes` is how many people move a second."""

    whole: Cost
    idle: Cost
    change: Cost
    changes: float
    now: float = 0.0
    fulls: int = 0
    ticks: int = 0
    requests: float = 0.0
    longest_blind: float = 0.0
    """The longest time between two looks at the log, in seconds."""
    _looked_at: float = 0.0
    _full_ends_at: float = 0.0

    def leads(self) -> bool:
        """There is one process."""
        return True

    def wants_full(self) -> bool:
        """Nobody asks."""
        return False

    def begin_full(self) -> None:
        """Begin to read everything."""
        self.fulls += 1
        self.requests += self.whole.all
        self._full_ends_at = self.now + self.whole.seconds

    def full_ended(self) -> bool | None:
        """Whether everything is read."""
        return True if self.now >= self._full_ends_at else None

    def tick(self) -> TickEnd:
        """Look at the log, and at whom it names with their groups."""
        self.longest_blind = max(self.longest_blind, self.now - self._looked_at)
        moved, self._looked_at = self.changes * (self.now - self._looked_at), self.now
        self.ticks += 1
        self.requests += self.idle.all
        if 2 * moved > MOST_ASKED:
            return TickEnd.IN_DOUBT
        self.requests += moved * self.change.all
        self.now += self.idle.seconds
        return TickEnd.DONE

    def wait(self, seconds: float) -> Wake:
        """Let time pass, until the day is over."""
        self.now += seconds
        return Wake.STOP if self.now >= DAY else Wake.TIME


def lived(whole: Cost, idle: Cost, change: Cost, people: int, interval: float) -> Day:
    """A day at an interval, by the loop of the service."""
    day = Day(whole, idle, change, people * CHANGES / DAY)
    chance = random.Random(0)
    Loop(day, interval, TICK, lambda: day.now, day.wait, chance.random).run()
    return day


@dataclass(frozen=True)
class Found:
    """What was found of one size: a full pass by share, an idle tick, and a tick with one person and one group."""

    size: Size
    whole: Mapping[int, Cost]
    idle: Cost
    change: Cost
    was_read: bool


def read_all(size: Size, folder: Path) -> Found:
    """Make an organization and read it. Raises Unequal where the formulas say something else."""
    path = folder / f"{size.users}.json"
    write_snapshot(make_organization(size), path)
    snapshot = read_snapshot(path)
    okta, formula = LightOkta(snapshot, Clocks()), of_snapshot(snapshot)
    whole = {share: simulated(okta, share, lambda source: source.read(EVERYTHING)) for share in SHARES}
    for share, cost in whole.items():
        if dict(cost.requests) != formula or abs(cost.seconds - seconds_of(formula, share)) > _MINUTE:
            raise Unequal(f"{size}: read {cost}, computed {formula} in {seconds_of(formula, share)} s")
    middle = sorted(snapshot.groups, key=lambda group: len(group.member_ids()))[len(snapshot.groups) // 2]
    nobody: frozenset[str] = frozenset()
    person, group = Extent(frozenset({snapshot.users[0].id}), nobody), Extent(nobody, frozenset({middle.id}))
    begun = datetime.now(UTC)
    for kind, pages in listing_pages(size).items():
        listed = simulated(okta, SHARES[0], partial(_list, kind))
        if listed.all != pages:
            raise Unequal(f"{size}: {kind} are {listed.all} pages, computed {pages}")
    idle = simulated(okta, SHARES[0], lambda source: source.moves("?after=1700000000000_1&limit=1000", begun))
    change = simulated(okta, SHARES[0], lambda source: [source.read(extent) for extent in (person, group)])
    return Found(size, whole, idle, change, True)


def _list(kind: ListingKind, source: OktaSource) -> None:
    for _ in source.pages(kind, APP_ID):
        pass


def listing_pages(size: Size) -> dict[ListingKind, int]:
    """Requests of each listing without members; Everyone, and the SSO app, are listed too."""
    return {
        "groups": _pages(size.groups + 1, 200),
        "apps": _pages(size.apps + 1, 200),
        "people": _pages(size.users, 500),
    }


def seconds_between(kind: ListingKind, pages: int) -> float:
    """How often a listing comes where it is followed in place of the log, by the service's own pace."""
    pause = pause_after(pages, allowed_of(BUCKETS[kind], SHARES[0]))
    return max(pause, SWEEP_EACH if kind == "people" else TICK)


def without_log_table(sizes: Iterable[Size]) -> Iterator[str]:
    """Listings in place of the log."""
    what = "| people | groups | apps | requests: idle tick | groups listed each | apps listed each |"
    yield f"{what} requests: sweep | swept each |"
    yield "|---|---|---|---|---|---|---|---|"
    for size in sizes:
        pages = listing_pages(size)
        each = {kind: _words(seconds_between(kind, count)) for kind, count in pages.items()}
        idle = pages["groups"] + pages["apps"] + 1
        cells = [f"{size.users:,}", f"{size.groups:,}", f"{size.apps:,}", f"{idle:,}", each["groups"], each["apps"]]
        cells += [f"{pages['people']:,}", each["people"]]
        yield f"| {' | '.join(cells)} |"


def _words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / _MINUTE:,.1f} min"


def computed(size: Size, like: Found) -> Found:
    """What the formulas say of a size; a tick does not depend on it."""
    requests = of_size(size)
    whole = {share: Cost(requests, seconds_of(requests, share)) for share in SHARES}
    return Found(size, whole, like.idle, like.change, False)


def full_table(found: Iterable[Found]) -> Iterator[str]:
    """Full passes."""
    what = "| people | groups | memberships | apps | requests: groups | requests: apps |"
    yield f"{what} minutes at share 50 | at share 100 | |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for each in found:
        size, requests = each.size, each.whole[SHARES[0]].requests
        cells = [size.users, size.groups, size.memberships, size.apps, requests["groups"], requests["apps"]]
        minutes = [f"{each.whole[share].seconds / _MINUTE:,.1f}" for share in SHARES]
        how = "read" if each.was_read else "computed"
        yield f"| {' | '.join(f'{cell:,}' for cell in cells)} | {' | '.join(minutes)} | {how} |"


def day_table(found: Iterable[Found]) -> Iterator[str]:
    """Days."""
    yield "| people | `interval` | full passes | ticks | requests | longest time between two looks at the log |"
    yield "|---|---|---|---|---|---|"
    for each in found:
        for name, interval in INTERVALS.items():
            requests = each.whole[SHARES[0]].requests
            whole = Cost(requests, seconds_of(requests, SHARES[0], beside_ticks=True))
            day = lived(whole, each.idle, each.change, each.size.users, interval)
            blind = f"{day.longest_blind / _MINUTE:,.1f} min"
            yield f"| {each.size.users:,} | {name} | {day.fulls} | {day.ticks:,} | {day.requests:,.0f} | {blind} |"


@click.command()
@click.option("--most", default=100_000, show_default=True, help="Read organizations of up to so many people.")
def command(most: int) -> None:
    """Print what organizations of several sizes cost."""
    found: list[Found] = []
    with tempfile.TemporaryDirectory(prefix="idsync-capacity-") as folder:
        for size in SIZES:
            click.echo(f"{size.users:,} people", err=True)
            found.append(read_all(size, Path(folder)) if size.users <= most else computed(size, found[-1]))
    idle, change = found[0].idle, found[0].change
    click.echo("\n".join(full_table(found)))
    click.echo(f"\nidle tick: {idle.all} request ({dict(idle.requests)})")
    click.echo(f"tick with one person and one group: {idle.all} + {change.all} requests ({dict(change.requests)})\n")
    click.echo("\n".join(day_table(found)))
    click.echo("\nwithout the log:\n" + "\n".join(without_log_table(SIZES)))


if __name__ == "__main__":
    command()
