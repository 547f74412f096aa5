"""What one check found."""

from enum import StrEnum

import msgspec

from idsync.errors import AuthenticationError, IdsyncError


class Verdict(StrEnum):
    """How a part is; the worst is last."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


class Check(msgspec.Struct, frozen=True):
    """A part that was tried. `message` says what was found and, where it is not as it should be, what to do.

    `of_access` marks what Okta does not allow.
    """

    check: str
    verdict: Verdict
    message: str
    of_access: bool = False


def well(check: str, message: str) -> Check:
    """A part that works."""
    return Check(check, Verdict.OK, message)


def warned(check: str, message: str, *, of_access: bool = False) -> Check:
    """A part that works today, or without which the rest does."""
    return Check(check, Verdict.WARNING, message, of_access)


def failed(check: str, message: str, *, of_access: bool = False) -> Check:
    """A part that does not work."""
    return Check(check, Verdict.ERROR, message, of_access)


def refused(check: str, error: IdsyncError) -> Check:
    """A part that ended in an error."""
    return failed(check, error.in_full, of_access=isinstance(error, AuthenticationError))
