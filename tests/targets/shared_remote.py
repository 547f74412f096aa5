"""The remote target with its other side in a file: several processes see one, and it outlives who writes to it."""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from idsync.model.directory import Members
from idsync.model.resources import AccessList, Membership, User
from idsync.targets.given import GivenDirectory
from tests.targets.remote import RemoteTarget


class _Kept(msgspec.Struct):
    """What the file holds."""

    users: dict[str, User] = {}
    lists: dict[str, AccessList] = {}
    members: dict[str, dict[str, Membership]] = {}
    writes: int = 0
    fence: int = 0


class SharedRemote(RemoteTarget):
    """Each write is in the file when it returns."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def serial(self) -> int:
        self._load()
        return super().serial()

    def _given(self) -> GivenDirectory:
        self._load()
        return super()._given()

    def _admit(self, fence: int) -> None:
        with self._shared():
            super()._admit(fence)

    def put_user(self, user: User) -> None:
        with self._shared():
            super().put_user(user)

    def delete_user(self, name: str) -> None:
        with self._shared():
            super().delete_user(name)

    def put_access_list(self, access_list: AccessList) -> None:
        with self._shared():
            super().put_access_list(access_list)

    def delete_access_list(self, name: str) -> None:
        with self._shared():
            super().delete_access_list(name)

    def add_members(self, access_list: str, members: Members) -> None:
        with self._shared():
            super().add_members(access_list, members)

    def remove_members(self, access_list: str, names: Iterable[str]) -> None:
        with self._shared():
            super().remove_members(access_list, names)

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """One write, of one process at a time."""
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._load()
            yield
            self._save()

    def _load(self) -> None:
        if not self._path.exists():
            return
        kept = msgspec.json.decode(self._path.read_bytes(), type=_Kept)
        self.users, self.lists, self.members = kept.users, kept.lists, kept.members
        self.writes, self.fence = kept.writes, kept.fence

    def _save(self) -> None:
        kept = _Kept(self.users, self.lists, self.members, self.writes, self.fence)
        written = self._path.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(kept))
        written.replace(self._path)
