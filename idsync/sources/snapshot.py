"""Snapshot files: read whole and checked at the door, written in one canonical form.

Profiles and member lists stay as they are in the file's buffer until someone opens them.
"""

import codecs
import os
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from idsync.diagnostics import Position
from idsync.errors import SnapshotError
from idsync.model.canonical import canonical_bytes
from idsync.model.extent import EVERYTHING, Extent, Reading, cut
from idsync.model.identity import (
    IdentityApp,
    IdentityGroup,
    IdentityKind,
    IdentityUser,
    LeftAsIs,
    Snapshot,
    raw_json,
)
from idsync.model.measures import Measures
from idsync.model.odd_rows import set_aside
from idsync.model.rows import NotRows, Row, rows_of_object
from idsync.model.times import parse_time
from idsync.sources.protocol import NOTHING_MEASURED, Catalogue, ListedApp, ListedGroup
from idsync.sources.soundness import sound

LARGEST_FILE = 512 << 20
_PIECE = 1 << 20
_CACHED_PIECE = 1 << 15
"""Bytes of text that a processor's cache holds."""

TAKEN_AT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})$"
VERSION = r"^1\.[0-9]{1,6}$"
ORG_URL = r"^https?://[^/\s]+/?$"

_DECODER = msgspec.json.Decoder(Snapshot)
_ROWS: Mapping[str, tuple[IdentityKind, str, msgspec.json.Decoder[Any]]] = {
    "users": ("user", "username", msgspec.json.Decoder(IdentityUser)),
    "groups": ("group", "name", msgspec.json.Decoder(IdentityGroup)),
    "apps": ("app", "label", msgspec.json.Decoder(IdentityApp)),
}
"""What each list of a snapshot holds: of which kind, how its rows are named, and what reads one."""
_BYTE = re.compile(r" ?\(byte ([0-9]+)\)")
_FIX = "Write it again with `idsync snapshot -o FILE`."


class _Header(msgspec.Struct):
    format_version: str


class _Head(Snapshot, frozen=True, kw_only=True):
    """A snapshot without its lists."""

    users: list[IdentityUser] = []
    groups: list[IdentityGroup] = []
    apps: list[IdentityApp] = []


_HEAD = msgspec.json.Decoder(_Head)


class SnapshotSource:
    """A snapshot file as a source. People who are not in it stay unknown: a file cannot be asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(
        self,
        extent: Extent = EVERYTHING,
        known: Collection[str] = (),  # noqa: ARG002
        before: Measures = NOTHING_MEASURED,  # noqa: ARG002
    ) -> Reading:
        """The file's snapshot, or the part of it in an extent; raises SnapshotError."""
        snapshot = read_snapshot(self._path)
        return Reading(snapshot if extent.is_whole else cut(snapshot, extent), extent)

    def catalogue(self) -> Catalogue:
        """The names of the file's groups and apps; raises SnapshotError."""
        snapshot = read_snapshot(self._path)
        return Catalogue(
            tuple(sorted(ListedGroup(group.id, group.name, group.type) for group in snapshot.groups)),
            tuple(sorted(ListedApp(app.id, app.label, app.status) for app in snapshot.apps)),
        )


def read_snapshot(path: Path) -> Snapshot:
    """Read a snapshot file; raises SnapshotError with the place and the fix."""
    return parse_snapshot(_contents(path), str(path))


def parse_snapshot(data: bytes, file: str) -> Snapshot:
    """Read a snapshot from a file's contents, of which it keeps hold; raises SnapshotError."""
    refuse = _Refusal(file, data)
    if not data.strip():
        raise refuse("is empty", "It holds no snapshot.")
    try:
        snapshot = _DECODER.decode(data)
        _require_utf8(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        snapshot = _row_by_row(data, error, refuse)
    if not re.fullmatch(VERSION, snapshot.format_version):
        refuse.other_version()
        raise refuse("has no format version", "format_version is a major and a minor number, as in 1.0.")
    _require_header(snapshot, refuse)
    return sound(snapshot, file)


def _row_by_row(data: bytes, error: Exception, refuse: "_Refusal") -> Snapshot:
    """A snapshot of which some row cannot be read; raises SnapshotError where the fault is not in a row."""
    refuse.other_version()
    try:
        rest, lists = rows_of_object(data, _ROWS)
        missing = _ROWS.keys() - lists.keys()
        if missing:
            raise NotRows
        head = _HEAD.decode(rest)
    except (NotRows, msgspec.DecodeError, UnicodeDecodeError):
        raise refuse.unreadable(error) from None
    left = list(head.left_as_is)
    parts = {name: _readable(lists[name], *_ROWS[name], left) for name in _ROWS}
    return msgspec.structs.replace(head, **parts, left_as_is=left)


def _readable(
    rows: Iterable[Row], kind: IdentityKind, label: str, decoder: msgspec.json.Decoder[Any], left: list[LeftAsIs]
) -> list[Any]:
    """The rows that can be read; the others are added to `left`."""
    items = []
    for row in rows:
        try:
            row.data.decode()
            items.append(decoder.decode(row.data))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            left.append(row.left_as_is(kind, error, row.text(label)))
    return items


def snapshot_bytes(snapshot: Snapshot) -> bytes:
    """The one form of a snapshot: sorted by id, an object a line, a newline at the end."""
    snapshot = set_aside(snapshot)
    head: dict[str, Any] = {
        "format_version": snapshot.format_version,
        "org_url": snapshot.org_url,
        "app_id": snapshot.app_id,
        "app_label": snapshot.app_label,
        "taken_at": snapshot.taken_at,
        "complete": snapshot.complete,
        "sanitized": snapshot.sanitized,
        **({} if snapshot.kept_attributes is None else {"kept_attributes": snapshot.kept_attributes}),
        "unassigned": snapshot.unassigned,
    }
    if snapshot.left_as_is:
        head["left_as_is"] = sorted(snapshot.left_as_is, key=lambda row: (row.kind, row.id, row.code, row.why))
    lists: tuple[tuple[bytes, list[IdentityUser] | list[IdentityGroup] | list[IdentityApp]], ...] = (
        (b"users", [_canonical_user(user) for user in snapshot.users]),
        (b"groups", [_canonical_group(group) for group in snapshot.groups]),
        (b"apps", [_canonical_app(app) for app in snapshot.apps]),
    )
    members = [b'"%s":%s' % (name.encode(), canonical_bytes(value)) for name, value in head.items()]
    members += [b'"%s":[%s]' % (name, _lines(sorted(rows, key=lambda row: row.id))) for name, rows in lists]
    return b"{" + b",\n".join(members) + b"}\n"


class _Refusal:
    """Makes the errors of one file."""

    def __init__(self, file: str, data: bytes) -> None:
        self._file = file
        self._data = data

    def __call__(self, what: str, why: str, *, line: int = 0, column: int = 0) -> SnapshotError:
        position = Position(self._file, line, column)
        return SnapshotError(f"The snapshot file {what}.", why=why, fix=_FIX, position=position)

    def unreadable(self, error: Exception) -> SnapshotError:
        """The file is not a snapshot, as the reader of the whole says."""
        match error:
            case msgspec.ValidationError():
                return self("is not a snapshot", str(error))
            case msgspec.DecodeError():
                return self.at_byte(str(error))
            case RecursionError():
                return self("is nested too deep", "No profile of Okta's is.")
            case _:
                return self("is not UTF-8", "JSON is always UTF-8.")

    def at_byte(self, message: str) -> SnapshotError:
        """A syntax error at the line and column of the byte that the parser names."""
        named = _BYTE.search(message)
        place = min(int(named[1]), len(self._data)) if named else len(self._data)
        line = self._data.count(b"\n", 0, place) + 1
        column = place - (self._data.rfind(b"\n", 0, place) + 1) + 1
        return self("is not JSON, or cut off", _BYTE.sub("", message), line=line, column=column)

    def other_version(self) -> None:
        """Raise when the file says itself that it is of another major version; that explains every other mistake."""
        try:
            version = msgspec.json.decode(self._data, type=_Header).format_version
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        major = version.partition(".")[0]
        if major.isascii() and major.isdigit() and major != "1":
            raise SnapshotError(
                f"The snapshot has format version {version[:20]}.",
                why="This idsync reads format 1.",
                fix="Use the idsync that wrote it, or write the snapshot again with this one.",
                position=Position(self._file),
            )


def _contents(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > LARGEST_FILE else file.read() if size else _piecewise(file)
    except OSError as error:
        raise SnapshotError(
            f"The snapshot {path} cannot be read.",
            why=error.strerror or type(error).__name__,
            fix="Check the path; one in the configuration is relative to the configuration's directory.",
        ) from error
    if max(size, len(data)) > LARGEST_FILE:
        raise _Refusal(str(path), b"")("is too large", f"At most {LARGEST_FILE >> 20} MiB are read.")
    return data


def _piecewise(file: BinaryIO) -> bytes:
    """Read a pipe, whose size is not known, a little past the bound at most."""
    pieces: list[bytes] = []
    while len(pieces) * _PIECE <= LARGEST_FILE and (piece := file.read(_PIECE)):
        pieces.append(piece)
    return b"".join(pieces)


def _require_utf8(data: bytes) -> None:
    """Raise UnicodeDecodeError for unopened parts too; a piece at a time, so that nothing large is copied."""
    if data.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    for start in range(0, len(view), _CACHED_PIECE):
        decoder.decode(view[start : start + _CACHED_PIECE], final=start + _CACHED_PIECE >= len(view))


def _require_header(snapshot: Snapshot, refuse: _Refusal) -> None:
    if not re.fullmatch(ORG_URL, snapshot.org_url):
        raise refuse("names no organization", "org_url is the organization's address, https://NAME.okta.com.")
    if not snapshot.app_id:
        raise refuse("names no app", "app_id is the Okta id of the SSO app.")
    try:
        if not re.fullmatch(TAKEN_AT, snapshot.taken_at):
            raise ValueError
        parse_time(snapshot.taken_at)
    except ValueError:
        raise refuse("does not say when it was taken", "taken_at is a time like 2026-01-31T08:30:00Z.") from None


def _canonical_user(user: IdentityUser) -> IdentityUser:
    return msgspec.structs.replace(user, profile=raw_json(user.attributes()))


def _canonical_group(group: IdentityGroup) -> IdentityGroup:
    return msgspec.structs.replace(group, members=raw_json(sorted(set(group.member_ids()))))


def _canonical_app(app: IdentityApp) -> IdentityApp:
    return msgspec.structs.replace(app, users=raw_json(sorted(set(app.user_ids()))), groups=sorted(set(app.groups)))


def _lines(rows: Iterable[msgspec.Struct]) -> bytes:
    encoded = [canonical_bytes(row) for row in rows]
    return b"\n" + b",\n".join(encoded) + b"\n" if encoded else b""
