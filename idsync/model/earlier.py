"""What the configuration applied before would make of the reading of today: by it an edit is told from Okta."""

from collections.abc import Iterable, Mapping

import msgspec

from idsync.model.directory import Cause, ConfigCause, GivenRoles
from idsync.model.resources import Grants

AS_APPLIED_BEFORE = ", as applied before"
"""What the name of a rule ends with where its line is one of the files before, and not of those of today."""


class Earlier(msgspec.Struct, frozen=True):
    """Of what a plan changes: `given` are roles by person, and `grants` what lists grant, None for lists that would not
    be there.

    It is not `whole` where Okta was not asked for all that the configuration before looks at.
    """

    given: Mapping[str, GivenRoles]
    grants: Mapping[str, Grants | None]
    whole: bool = True


def as_applied_before(causes: Iterable[Cause]) -> tuple[Cause, ...]:
    """Causes that lie in the configuration before: their lines are those of its files."""
    return tuple(_as_before(cause) if isinstance(cause, ConfigCause) else cause for cause in causes)


def _as_before(cause: ConfigCause) -> ConfigCause:
    return msgspec.structs.replace(cause, rule=f"{cause.rule}{AS_APPLIED_BEFORE}")
