"""Names that passed to another person while a lock still keeps the credentials of the former one out."""

import shlex
from collections.abc import Iterator, Mapping

from idsync.compiler.causes import user_cause
from idsync.compiler.locks_in_force import LocksInForce
from idsync.compiler.pool import Pool
from idsync.model.directory import UpstreamCause
from idsync.model.findings import LOGIN_REUSED, Finding
from idsync.model.ownership import UNKNOWN_PERSON, USER_ID_LABEL
from idsync.model.resources import Lock
from idsync.model.times import duration_words


def login_reused(
    pool: Pool, in_force: LocksInForce, wanted: Mapping[str, Lock], lifetimes: Mapping[str, int]
) -> Iterator[Finding]:
    """A warning for each lock to have, on the name of somebody who is not the person whom it is for."""
    for name in sorted(wanted):
        lock = wanted[name]
        user = lock.spec.target.user
        newcomer = None if user is None or user in pool.held else pool.present.get(user)
        if user is None or newcomer is None:
            continue
        former = lock.metadata.labels.get(USER_ID_LABEL) or in_force.person_of(lock)
        if former == newcomer.id:
            continue
        known = former and former != UNKNOWN_PERSON
        whose = f"Okta user {former}, who had it before" if known else "the person before, whom the lock does not name"
        yield Finding(
            LOGIN_REUSED,
            "warning",
            f"{user} is the name of Okta user {newcomer.id} now. A lock keeps the credentials of {whose}, out "
            f"{_until(lock, lifetimes.get(name))}, and {newcomer.id} with them. To lift it: "
            f"idsync unlock {shlex.quote(user)} --reason TEXT, or idsync apply --allow {LOGIN_REUSED}=REASON.",
            (user_cause(newcomer), *([UpstreamCause("user", former, user)] if known else [])),
        )


def _until(lock: Lock, lifetime: int | None) -> str:
    if lifetime is not None:
        return f"for {duration_words(lifetime)} from this apply on"
    return "without an end" if lock.spec.expires is None else f"until {lock.spec.expires}"
