"""Security's hand: a lock on somebody at once, and every lock on somebody lifted, without a plan and without Okta."""

import shlex
import uuid
from collections.abc import Collection, Iterable

from idsync.edit.editor import Done, Editor
from idsync.errors import ResourceError, UsageError
from idsync.model.addresses import lock_address
from idsync.model.directory import Names
from idsync.model.names import is_text, twin_key
from idsync.model.resources import LockSpec, LockTarget, Metadata
from idsync.model.resources import lock as lock_resource
from idsync.model.suggestions import did_you_mean, nearest_people
from idsync.model.times import is_past, later, parse_duration

SHORTEST = 60
"""Seconds that a lock lasts at least."""
_NOBODY: frozenset[str] = frozenset()


def lock_user(editor: Editor, user: str, message: str, seconds: int | None) -> Done:
    """Lock somebody now, known here or not, for so many seconds or until the lock is lifted.

    The lock is the person's own: no apply lifts it. Raises ResourceError for text that no lock holds.
    """
    expires = None if seconds is None else later(editor.now, seconds)
    name = str(uuid.uuid4())
    spec = LockSpec(LockTarget(user=user), message, expires)
    return editor.create(lock_resource(Metadata(name), spec))


def unlock_user(editor: Editor, user: str, reason: str) -> list[Done]:
    """Lift every lock on somebody that is in force, ours too, and keep why; raises ResourceError where none is."""
    locks = editor.directory.locks([user])
    in_force = sorted(name for name, lock in locks.items() if not is_past(lock.spec.expires, editor.now))
    if not in_force:
        others = {lock.spec.target.user or "" for lock in editor.directory.locks().values()} - {""}
        raise ResourceError(
            f"{user!r} has no lock.",
            why=f"Nothing was changed.{_meant(user, others)}",
            fix="`idsync get locks --format text` lists the locks that there are, and whom they are on.",
        )
    return [editor.remove(lock_address(name), reason=reason) for name in in_force]


def unknown_user(editor: Editor, user: str) -> str:
    """A warning that nobody here has this name, with the name that may be meant; empty where somebody has it.

    It may be an Okta id, by which other commands call people, too.
    """
    if user in editor.directory.state(Names(frozenset({user}), _NOBODY)).users:
        return ""
    meant = did_you_mean(sorted(editor.directory.names_of([user], _NOBODY)))
    meant = meant or _meant(user, editor.directory.names_of(_NOBODY, [twin_key(user)]))
    meant = meant or _meant(user, editor.directory.index("").users)
    return f"Nobody in the directory is called {user!r}; the name is locked all the same.{meant}"


def lasting(text: str) -> int:
    """The seconds of `--for`; raises UsageError for what is not a duration of a minute or more."""
    try:
        seconds = parse_duration(text)
    except ValueError:
        seconds = 0
    if not SHORTEST <= seconds <= _LONGEST:
        raise UsageError(
            f"--for {text!r} is not a duration between a minute and a hundred years.",
            fix="Write it like 90m, 30h or 2d; leave --for out for a lock without an end.",
        )
    return seconds


_LONGEST = 100 * 366 * 86400
"""Seconds: some hundred years, which every calendar holds."""


def said(option: str, text: str) -> str:
    """The text of an option, without the space around it; raises UsageError for an empty one."""
    if not is_text(text):
        raise UsageError(f"{option} holds characters that are not text.", fix="Leave NUL and broken characters out.")
    if not text.strip():
        raise UsageError(
            f"{option} is empty.",
            why="Who reads the history, or meets the lock, must be able to tell why.",
            fix=f"Write {option} and why, in quotes.",
        )
    return text.strip()


def advice(user: str) -> str:
    """How to lift a lock on this person."""
    return f"`idsync unlock {shlex.quote(user)} --reason TEXT`"


def _meant(user: str, known: Collection[str] | Iterable[str]) -> str:
    """The known name that was most likely meant: equal but for letter case and Unicode form, or nearly equal."""
    names = sorted(name for name in known if name != user)
    twins = [name for name in names if twin_key(name) == twin_key(user)]
    return did_you_mean(twins[:1] or nearest_people(user, names))
