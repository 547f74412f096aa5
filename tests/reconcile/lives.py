"""A directory in a store over time: readings are applied, hands lock and lift and remove, and clocks go on."""

import datetime as dt
import json
from pathlib import Path

from msgspec.structs import replace

from idsync.apply.admission import Expected
from idsync.apply.executor import apply_plan
from idsync.apply.request import Request, left_for_later
from idsync.cli.resource_files import read_directory
from idsync.config.settings import Settings
from idsync.edit.editor import Editor
from idsync.edit.locking import lock_user, unlock_user
from idsync.model.directory import DirectoryState
from idsync.model.exported_state import StateSpec, exported_state
from idsync.model.extent import Reading
from idsync.model.identity import Snapshot
from idsync.model.ownership import USER_ID_LABEL, is_ours
from idsync.model.resources import Lock, Membership, member
from idsync.model.revisions import AnyResource, with_revision
from idsync.model.times import format_time, is_past
from idsync.plan.changes import Change, Plan, UserChange
from idsync.plan.sections import FIRST
from idsync.plan.split import split
from idsync.reconcile.plan_options import PlanOptions
from idsync.reconcile.planning import make_plan
from idsync.render.resources import render_json
from idsync.stores.holder import this_process
from idsync.stores.sqlite.store import open_store
from idsync.targets.local import LocalTarget
from tests.core.world import NOW, ORG, PLAIN

HOLDER = this_process("2026-11-22T12:00:00Z")
RELEASED = dict.fromkeys(
    ("user_deletes", "user_locks", "member_removals", "access_list_deletes", "groups_empty"), "a test"
)


class Life:
    """One directory, from now on."""

    def __init__(self, folder: Path, settings: Settings = PLAIN) -> None:
        self.store = open_store(folder / "idsync.db")
        self.target = LocalTarget(self.store.directory, ORG)
        self.settings = settings
        self.now = NOW

    def wait(self, hours: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(hours=hours)

    def plan(self, reading: Snapshot) -> Plan:
        """What a reading would change; the same from the store as from what `get all` prints of it."""
        past = self.store.agreed("local").past()
        made = (
            make_plan(self.settings, Reading(reading), self.target, PlanOptions(now=self.now, past=past))
            .executable()
            .plan
        )
        given = read_directory(self.printed(), "current.json")
        again = (
            make_plan(self.settings, Reading(reading), given, PlanOptions(now=self.now, past=given.past))
            .executable()
            .plan
        )
        assert (again.changes, again.findings, again.forgets) == (made.changes, made.findings, made.forgets)
        return made

    def printed(self) -> bytes:
        """What `get all --format json` prints."""
        state = self.state
        resources: list[AnyResource] = [
            *state.users.values(),
            *state.locks.values(),
            *state.access_lists.values(),
            *(member(name, who, each) for name, entries in state.members.items() for who, each in entries.items()),
        ]
        agreed = self.store.agreed("local")
        known = StateSpec(self.target.serial(), None, tuple(sorted(agreed.differing())), agreed.past())
        text = render_json([*(with_revision(each) for each in resources), exported_state(known)])
        assert json.loads(text)
        return text.encode()

    def apply(self, reading: Snapshot, *held_by: str) -> Plan:
        """Apply a reading whole or, where guards are to hold, the part that they do not; the plan of it."""
        plan = self.plan(reading)
        if not held_by:
            self._run(plan, Request("ann", self.now, HOLDER, self._expected, releases=RELEASED))
            return plan
        marked = tuple(replace(each, blocked_by=held_by) if _deletes(each) else each for each in plan.changes)
        going, held = split(replace(plan, changes=marked), ())
        request = Request("ann", self.now, HOLDER, self._expected, releases=RELEASED, split=True)
        self._run(going, replace(request, pending=left_for_later(held)))
        return going

    @property
    def _expected(self) -> Expected:
        return Expected(self.settings.digest, ORG, "0.1.0")

    def _run(self, plan: Plan, request: Request) -> None:
        apply_plan(plan, request, targets={FIRST: self.target}, records=self.store)

    @property
    def hand(self) -> Editor:
        """A person's hand, now."""
        return Editor(self.target, self.store, actor="ann", now=self.now)

    def lock(self, name: str, seconds: int | None = None) -> None:
        """Lock somebody by hand."""
        lock_user(self.hand, name, "a test", seconds)

    def unlock(self, name: str) -> None:
        """Lift every lock on somebody by hand."""
        unlock_user(self.hand, name, "a test")

    def set_end(self, access_list: str, name: str, end: dt.datetime | None) -> None:
        """Give a membership an end by hand, or none; make it where it is not there."""
        details = Membership(joined="2026-01-01T00:00:00Z", expires=None if end is None else format_time(end))
        self.hand.create(member(access_list, name, details), force=True)

    @property
    def state(self) -> DirectoryState:
        """What the directory holds."""
        return self.target.state()

    def locks(self, name: str) -> dict[str, Lock]:
        """The locks in force on a name, by the Okta id that each is for; people's own are for nobody."""
        locks = [lock for lock in self.state.locks.values() if lock.spec.target.user == name]
        in_force = [lock for lock in locks if not is_past(lock.spec.expires, self.now)]
        return {lock.metadata.labels.get(USER_ID_LABEL, "by hand"): lock for lock in in_force}

    def has_our_lock(self, name: str) -> bool:
        """Whether a lock of ours is on this name."""
        return any(is_ours(lock.metadata.labels, ORG) for lock in self.locks(name).values())


def _deletes(change: Change) -> bool:
    """Whether a change takes an account."""
    return isinstance(change, UserChange) and change.after is None
