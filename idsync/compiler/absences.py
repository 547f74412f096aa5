"""Why people do not have the app: what a reading says of those who are out of the pool."""

from collections.abc import Container

from idsync.model.directory import Reason, UpstreamCause, Why
from idsync.model.identity import DELETED, OUT_BY_ITSELF, OUT_STATUSES, SUSPENDED, Snapshot

_OUT_IN_ANY_CASE = OUT_STATUSES | {SUSPENDED, DELETED}


class Absences:
    """What a snapshot says of people who are not in the pool; `pool` holds the Okta ids of those who are."""

    def __init__(self, snapshot: Snapshot, pool: Container[str]) -> None:
        self._listed = {user.id: user.status for user in snapshot.users if user.id not in pool}
        self._unassigned = snapshot.unassigned

    def why(self, okta_id: str, name: str) -> Why:
        """Why the person of this name is out; one who is suspended and also lacks the app is out for lacking it."""
        status = self._status(okta_id)
        if status == SUSPENDED and okta_id in self._listed:
            reason = Reason.SUSPENDED
        else:
            reason = _REASONS.get(status, Reason.UNASSIGNED)
        return Why(reason, (UpstreamCause("user", okta_id, name),))

    def is_shown(self, okta_id: str) -> bool:
        """Whether Okta itself shows the person as deactivated or suspended."""
        return self._status(okta_id) in OUT_BY_ITSELF

    def is_certain(self, okta_id: str) -> bool:
        """Whether the person is out even if a row that cannot be read is about them."""
        return self._status(okta_id) in _OUT_IN_ANY_CASE

    def _status(self, okta_id: str) -> str:
        status = self._listed.get(okta_id)
        return self._unassigned.get(okta_id, "") if status is None else status


_REASONS = {"DEPROVISIONED": Reason.DEACTIVATED, DELETED: Reason.DELETED_UPSTREAM}
