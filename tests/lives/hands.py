"""What people do to the directory by hand: told to the program, and done to the oracle's world."""

from datetime import datetime, timedelta

from tests.lives.directory import Lock, Member, User
from tests.lives.events import Event
from tests.lives.oracle import World, is_past
from tests.lives.program import Program


def by_hand(event: Event, world: World, program: Program, now: datetime) -> None:
    """Do it in both, if there is anything to do it to."""
    hand = _Hand(world, program, now)
    match event.what, event.about:
        case "ends membership", (list_id, okta_id, hours):
            hand.end_membership(list_id, okta_id, int(hours))
        case "removes member", (list_id, okta_id):
            hand.remove_member(list_id, okta_id)
        case "removes user", (okta_id,):
            hand.remove_user(okta_id)
        case "removes list", (list_id,):
            hand.remove_list(list_id)
        case "lifts locks", (okta_id,):
            hand.lift_locks(okta_id)
        case "gives role", (okta_id, role):
            hand.give_role(okta_id, role)
        case "owns", (list_id, name):
            hand.make_owner(list_id, name)
        case "adds member", (list_id, name):
            hand.add_member(list_id, name)
        case "makes user", (name,):
            hand.make_user(name)
        case "removes foreign user", (name,):
            hand.remove_foreign_user(name)
        case "locks", (name,):
            hand.lock(name, None)
        case "locks for a while", (name, hours):
            hand.lock(name, int(hours))
        case "unlocks", (name,):
            hand.unlock(name)
        case _:
            raise AssertionError(f"no hand does this: {event}")


class _Hand:
    """One person's hand at one time."""

    def __init__(self, world: World, program: Program, now: datetime) -> None:
        self._world, self._program, self._now = world, program, now
        self._directory, self._memory = world.directory, world.memory

    def _name(self, okta_id: str) -> str | None:
        """The present name of somebody whom the directory holds."""
        return next((name for name, user in self._directory.users.items() if user.id == okta_id), None)

    def end_membership(self, list_id: str, okta_id: str, hours: int) -> None:
        """Set the end of a membership, or give one that has an end to somebody who is not a member."""
        name, there = self._name(okta_id), self._directory.lists.get(list_id)
        if name is None or there is None:
            return
        joined = there.members[name].joined if name in there.members else self._now
        there.members[name] = Member(joined, self._now + timedelta(hours=hours, minutes=30))
        self._memory.ended.discard((list_id, okta_id))
        self._put_member(list_id, name, there.members[name])

    def _put_member(self, list_id: str, name: str, member: Member) -> None:
        spec = {"access_list": list_id, "name": name, "joined": _text(member.joined)}
        if member.expires is not None:
            spec["expires"] = _text(member.expires)
        self._program.create(
            {"kind": "access_list_member", "version": "v1", "metadata": {"name": name}, "spec": spec}, force=True
        )

    def remove_member(self, list_id: str, okta_id: str) -> None:
        """Take somebody out of a list."""
        name, there = self._name(okta_id), self._directory.lists.get(list_id)
        if name is None or there is None or name not in there.members:
            return
        if is_past(there.members[name].expires, self._now):
            self._memory.ended.add((list_id, okta_id))
        del there.members[name]
        self._program.remove(f"access_list_member/{list_id}/{name}")

    def remove_user(self, okta_id: str) -> None:
        """Delete somebody's account; memberships stay."""
        name = self._name(okta_id)
        if name is None:
            return
        del self._directory.users[name]
        self._memory.removed[okta_id] = (name, self._now)
        self._memory.former[name] = okta_id
        self._program.remove(f"user/{name}")

    def remove_list(self, list_id: str) -> None:
        """Delete a list with its memberships."""
        if self._directory.lists.pop(list_id, None) is None:
            return
        self._memory.ended = {(other, okta_id) for other, okta_id in self._memory.ended if other != list_id}
        self._program.remove(f"access_list/{list_id}")

    def lift_locks(self, okta_id: str) -> None:
        """Remove every lock of ours on somebody."""
        for name, lock in [*self._directory.locks.items()]:
            if lock.ours and lock.id == okta_id:
                del self._directory.locks[name]
                self._memory.lifted.add(okta_id)
                self._program.remove(f"lock/{name}")

    def give_role(self, okta_id: str, role: str) -> None:
        """Give somebody a role that Okta does not."""
        name = self._name(okta_id)
        if name is None:
            return
        user = self._program.get(f"user/{name}")
        user["spec"]["roles"] = [*user["spec"].get("roles", []), role]
        self._directory.users[name].roles = user["spec"]["roles"]
        self._program.create(user, force=True)

    def make_owner(self, list_id: str, name: str) -> None:
        """Make somebody the only owner of a list: nobody whose name was another's and is nobody's now."""
        locked = [lock.user for lock in self._directory.locks.values() if lock.ours]
        given_up = name not in self._directory.users and name in (*self._memory.former, *locked)
        if list_id not in self._directory.lists or given_up:
            return
        there = self._program.get(f"access_list/{list_id}")
        there["spec"]["owners"] = [{"name": name}]
        self._directory.lists[list_id].owners = [name]
        self._program.create(there, force=True)

    def add_member(self, list_id: str, name: str) -> None:
        """Add a name to a list, with or without a user of that name."""
        there = self._directory.lists.get(list_id)
        if there is None or name in there.members:
            return
        there.members[name] = Member(self._now)
        user = self._directory.users.get(name)
        if user is not None and user.id is not None:
            self._memory.ended.discard((list_id, user.id))
        self._put_member(list_id, name, there.members[name])

    def make_user(self, name: str) -> None:
        """Make a user that is not ours."""
        if name in self._directory.users:
            return
        self._directory.users[name] = User(None, ["by-hand"], {})
        self._program.create(
            {"kind": "user", "version": "v2", "metadata": {"name": name}, "spec": {"roles": ["by-hand"]}}
        )

    def remove_foreign_user(self, name: str) -> None:
        """Delete a user that is not ours."""
        if name in self._directory.users and self._directory.users[name].id is None:
            del self._directory.users[name]
            self._program.remove(f"user/{name}")

    def lock(self, name: str, hours: int | None) -> None:
        """Lock a name, for good or for some hours; that lock is a person's own."""
        lasting = [] if hours is None else ["--for", f"{hours}h"]
        self._program.expect((0,), "lock", name, "--message", "ask security", *lasting)
        ends = None if hours is None else self._now + timedelta(hours=hours)
        for made, lock in self._program.directory().locks.items():
            if made not in self._directory.locks and lock.user == name and not lock.ours:
                self._directory.locks[made] = Lock(name, None, ends, False)

    def unlock(self, name: str) -> None:
        """Lift every lock on a name that is in force."""
        locks = self._directory.locks
        lifted = [made for made, lock in locks.items() if lock.user == name and not is_past(lock.ends, self._now)]
        for made in lifted:
            lock = locks.pop(made)
            if lock.id is not None:
                self._memory.lifted.add(lock.id)
        self._program.expect((0,) if lifted else (64,), "unlock", name, "--reason", "it was a mistake")


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
