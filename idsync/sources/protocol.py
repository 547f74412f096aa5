"""What planning asks of a source: one consistent reading."""

from collections.abc import Collection
from typing import Protocol

from idsync.model.identity import Snapshot


class Source(Protocol):
    """Where identities come from."""

    def fetch(self, known_user_ids: Collection[str] = ()) -> Snapshot:
        """One reading; of `known_user_ids` who lack the app it says, if it can, what became of them.

        Raises AuthenticationError, AuthorizationError or SourceError; a part that failed is never "none".
        """
