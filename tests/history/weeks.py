"""Random weeks of applies and of people's hands, with a recording of the directory after each deed."""

from contextlib import suppress
from datetime import datetime, timedelta
from random import Random

import msgspec

from idsync.edit.editor import Editor
from idsync.errors import ResourceError, StoreError
from idsync.model.directory import DirectoryState
from idsync.model.resources import (
    NEW_MEMBERSHIP,
    AccessList,
    Lock,
    Membership,
    Metadata,
    Owner,
    User,
    UserSpec,
    member,
    user,
)
from idsync.model.times import is_past
from idsync.plan.differ import changes_between
from idsync.stores.sqlite.store import SqliteStore
from idsync.targets.local import LocalTarget
from tests.apply.worlds import apply, ours, plan_of, state
from tests.targets.world import NOW, ORG, our_list, our_lock, our_user

PEOPLE = ("ann", "b/c", "é", "e\u0301", 'it\'s\n"x"')
LISTS = ("00g1", "00g2", "0oa3")


class Recorded(msgspec.Struct):
    """The directory after one deed: when it was done, by which run if by one, and where the journal ended."""

    at: datetime
    state: DirectoryState
    run: int | None = None


class _Full(LocalTarget):
    """A directory on a disk that is full."""

    def put_user(self, user: User) -> None:
        raise StoreError("The disk is full.")


class Weeks:
    """One directory's life, a deed an hour."""

    def __init__(self, store: SqliteStore, random: Random) -> None:
        self._store = store
        self._target = LocalTarget(store.directory, ORG)
        self._random = random
        self._now = NOW
        self.recorded: list[Recorded] = []

    def live(self, deeds: int) -> list[Recorded]:
        """Do so many things."""
        for _ in range(deeds):
            self._now += timedelta(hours=1)
            run = None
            if self._random.random() < 0.4:
                run = self._apply()
            else:
                self._by_hand()
            self.recorded.append(Recorded(self._now, self._target.state(), run))
        return self.recorded

    def _apply(self) -> int | None:
        if self._random.random() < 0.15:
            self._break_off()
        mine = self._managed()
        desired, lifetimes = self._desired(mine)
        plan = plan_of(changes_between(mine, desired, {}, {}, lifetimes), serial=self._target.serial())
        return apply(plan, self._target, self._store, self._now).run

    def _managed(self) -> DirectoryState:
        """What is ours, but for locks whose time has passed."""
        mine = ours(self._target.state())
        locks = {name: lock for name, lock in mine.locks.items() if not is_past(lock.spec.expires, self._now)}
        return msgspec.structs.replace(mine, locks=locks)

    def _break_off(self) -> None:
        """A run that fails midway, and leaves nothing but its entries."""
        mine = self._managed()
        more = msgspec.structs.replace(mine, users={**mine.users, "never": our_user("never", str(self._now))})
        plan = plan_of(changes_between(mine, more, {}, {}), serial=self._target.serial())
        with suppress(StoreError):
            apply(plan, _Full(self._store.directory, ORG), self._store, self._now)

    def _desired(self, now: DirectoryState) -> tuple[DirectoryState, dict[str, int]]:
        random = self._random
        people = [name for name in PEOPLE if random.random() < 0.7]
        things: list[User | Lock | AccessList] = [our_user(name, random.choice(["dev", "ops"])) for name in people]
        gone = now.users.keys() - set(people)
        locks = {f"lock of {name}" for name in gone} | {name for name in now.locks if random.random() < 0.6}
        things += [now.locks.get(name) or our_lock(name, name.removeprefix("lock of ")) for name in sorted(locks)]
        members: dict[str, dict[str, Membership]] = {}
        for name in LISTS:
            if random.random() < 0.8:
                owners = now.access_lists[name] if name in now.access_lists else our_list(name)
                titled = our_list(name, random.choice(["A", "B"]))
                things.append(msgspec.structs.replace(owners, spec=titled.spec))
                had = now.members.get(name, {})
                members[name] = {who: had.get(who, NEW_MEMBERSHIP) for who in people if random.random() < 0.6}
        return state(*things, members=members), dict.fromkeys(locks, random.choice([1_800, 200_000]))

    def _by_hand(self) -> None:
        editor = Editor(self._target, self._store, actor="ann@laptop", now=self._now)
        random = self._random
        with suppress(ResourceError):
            match random.randrange(6):
                case 0:
                    editor.create(our_user(random.choice(PEOPLE), "root"), force=True)
                case 1:
                    editor.create(user(Metadata(f"bot {random.choice(PEOPLE)}"), UserSpec(roles=("ci",))), force=True)
                case 2:
                    editor.remove(f"user/{random.choice(PEOPLE)}")
                case 3:
                    name = random.choice(LISTS)
                    kept = our_list(name, "By hand")
                    owners = (Owner(random.choice(PEOPLE)),)
                    editor.create(
                        msgspec.structs.replace(kept, spec=msgspec.structs.replace(kept.spec, owners=owners)),
                        force=True,
                    )
                case 4:
                    editor.remove(f"access_list/{random.choice(LISTS)}")
                case _:
                    self._members_by_hand(editor)

    def _members_by_hand(self, editor: Editor) -> None:
        name, who = self._random.choice(LISTS), self._random.choice(PEOPLE)
        if self._random.random() < 0.5:
            details = Membership(reason=self._random.choice(["asked", "on call"]), expires="2030-01-01T00:00:00Z")
            editor.create(member(name, who, details), force=True)
        else:
            editor.remove(f"access_list_member/{name}/{who}")
