"""The configuration of a running service: its files, read again when told so, and the one that passes go by."""

from pathlib import Path
from typing import Any

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.errors import StoreError
from idsync.stores.protocol import Store


class Configured:
    """The files at a place; invalid ones leave what there was."""

    def __init__(self, files: Workspace, config: Path) -> None:
        self.files = files
        self._config = config
        self._applied: tuple[bytes | None, str | None] | None = None
        self._known: tuple[Workspace, bytes | None, tuple[Workspace, bool]] | None = None

    def reload(self) -> None:
        """Read the files again. Raises ConfigError, and keeps those from before, where they are invalid."""
        self.files = open_workspace(self._config)

    def public_keys(self) -> list[dict[str, Any]]:
        """The public halves of the keys that the files name a folder of. Raises SecretError."""
        return self.files.public_keys()

    def in_force(self, store: Store) -> tuple[Workspace, bool]:
        """What passes go by, and whether the files say something else; cheap where nothing was applied since."""
        applied = store.facts.get(self.files.applied_key(store))
        known = self._known
        if known is None or known[0] is not self.files or known[1] != applied:
            known = self._known = (self.files, applied, self.files.in_force(store))
        return known[2]

    def for_pushes(self, store: Store) -> tuple[Workspace, bool]:
        """What pushes go by, and whether they may be applied here: by nothing but the applied configuration.

        Else they are stored, and the process that leads applies them: where the files are followed and are not what was
        applied, and where what was applied is of a version that this one cannot load.
        """
        try:
            place, _ = self.in_force(store)
        except StoreError:
            return self.files, False
        return place, not place.settings.service.follow_config or self._is_applied(store, place)

    def _is_applied(self, store: Store, place: Workspace) -> bool:
        kept = store.facts.get(place.applied_key(store))
        if self._applied is None or self._applied[0] != kept:
            applied = place.applied_digest(store)
            self._applied = (kept, applied)
        return self._applied[1] in (None, place.settings.digest)
