"""Pushes in one process, as a server makes them: `python -m benchmarks.pushes WHAT FOLDER`.

`follow` stores the whole reading as upstream facts, with a list of nearly everybody and one of a hundred. `people` then
pushes one person after another; `large` and `small` put one person after another into one of the lists and out again.
"""

import gc
import sys
import time
from pathlib import Path

import msgspec

from idsync.apply.executor import apply_plan
from idsync.apply.request import Request
from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.model.extent import Extent, Reading
from idsync.model.identity import ACCESS_STATUSES, IdentityGroup, Snapshot, raw_json
from idsync.model.times import format_time
from idsync.plan.sections import FIRST
from idsync.reconcile.partial_pass import UpstreamRecords, apply_part
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.sources.snapshot import read_snapshot
from idsync.stores.protocol import Access
from idsync.targets.protocol import Target

PUSHES = 100
LARGE, SMALL = "00gbenchmarklarge", "00gbenchmarksmall"
_PEOPLE = "pushed.json"
_NOBODY: frozenset[str] = frozenset()


def follow(folder: Path, snapshot: Path) -> None:
    """Store a whole reading as upstream facts, have the two lists, and choose whom to push."""
    read = read_snapshot(snapshot)
    ids = sorted(user.id for user in read.users if user.status in ACCESS_STATUSES)
    groups = [
        IdentityGroup(LARGE, "team-benchmark-large", raw_json(ids[:-PUSHES])),
        IdentityGroup(SMALL, "team-benchmark-small", raw_json(ids[:100])),
    ]
    (folder / _PEOPLE).write_bytes(msgspec.json.encode(ids[-PUSHES:]))
    place = open_workspace(folder)
    with place.store(Access.WRITE) as store:
        now, target = place.now(), place.target(store)
        everything = msgspec.structs.replace(read, groups=[*read.groups, *groups])
        made = make_plan(place.settings, Reading(everything), target, PlanOptions(now=now))
        apply_plan(made.executable().plan, _request(place), targets={FIRST: target}, records=store)
        store.upstream.take(Reading(everything))


def pushed_people(folder: Path) -> list[str]:
    """Whom to push, by Okta id."""
    return msgspec.json.decode((folder / _PEOPLE).read_bytes(), type=list[str])


def push(what: str, folder: Path) -> None:
    """Push `people` one by one, or into and out of the `large` or the `small` list."""
    gc.disable()
    place = open_workspace(folder)
    with place.store(Access.WRITE) as store:
        upstream, target = store.upstream, place.target(store)
        for user in pushed_people(folder):
            if what == "people":
                _apply(place, store, target, upstream.take(_changed(upstream.part([user], []))))
                continue
            name = LARGE if what == "large" else SMALL
            _apply(place, store, target, upstream.move(name, [user], []))
            _apply(place, store, target, upstream.move(name, [], [user]))


def _changed(part: Snapshot) -> Reading:
    """One person with another title."""
    (user,) = part.users
    profile = raw_json({**user.attributes(), "title": f"title {time.time_ns()}"})
    pushed = msgspec.structs.replace(user, profile=profile)
    snapshot = msgspec.structs.replace(part, users=[pushed], groups=[], apps=[])
    return Reading(snapshot, Extent(frozenset({user.id}), _NOBODY))


def _apply(place: Workspace, store: UpstreamRecords, target: Target, moved: Extent) -> None:
    request = _request(place)
    done = apply_part(place.settings, moved, store=store, target=target, last=None, now=request.now, request=request)
    if not sum(applied.steps for applied in done):
        raise SystemExit("nothing was changed")


def _request(place: Workspace) -> Request:
    now = place.now()
    return Request("benchmark", now, place.holder(format_time(now)), place.expected())


if __name__ == "__main__":
    if sys.argv[1] == "follow":
        follow(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        push(sys.argv[1], Path(sys.argv[2]))
