"""The configuration of a running service: its files, read again when told so, and the one that passes go by."""

from pathlib import Path
from typing import Any

from idsync.bootstrap.workspace import Workspace, open_workspace
from idsync.config.secret_references import is_same_place
from idsync.config.settings import Integration
from idsync.config.source_files import SourceFile
from idsync.errors import AppliedUnknown, ConfigError
from idsync.stores.protocol import Store


def refuse_another(before: Integration, now: Integration) -> None:
    """Raise ConfigError where files name another integration, or another store, than a service began with.

    Else one of its processes would go on in one store, and one that is started again would begin in the other.
    """
    changed = "" if is_same_place(before.store, now.store) else "store"
    changed = changed or ("" if before.name == now.name else "metadata.name")
    if changed:
        raise ConfigError(
            f"`{changed}` of the Integration document is another one than this service began with.",
            why="The service has its store open, and answers at addresses with the name of the integration.",
            fix="Start the service again to let it take the change, or put back what was there.",
        )


def refuse_foreign_store(files: Workspace, store: Store) -> None:
    """Raise ConfigError where another integration applied to the store: another name, and another organization.

    Passes and pushes go by what was applied, so that its people would become those of the other one.
    """
    try:
        applied = files.applied(store)
    except AppliedUnknown:  # of a version that this one cannot load
        return
    if applied is None:
        return
    there, now = applied.settings.integration, files.settings.integration
    known = {now.org_url, *now.former_org_urls, *there.former_org_urls}
    if there.name != now.name and there.org_url not in known:
        raise ConfigError(
            f"The store is that of the integration {there.name}, of {there.org_url}.",
            why=f"This configuration is of another one: {now.name}, of {now.org_url}. A store holds one integration.",
            fix="Give each its own `store`. Where it is the same one, renamed: `idsync apply` first, and look at its "
            "plan.",
        )


class Configured:
    """The files at a place; invalid ones leave what there was."""

    def __init__(self, files: Workspace, config: Path) -> None:
        self.files = files
        self._config = config
        self._applied: tuple[bytes | None, str | None] | None = None
        self._known: tuple[Workspace, bytes | None, tuple[Workspace, bool]] | None = None

    def reload(self) -> None:
        """Read the files again. Raises ConfigError, and keeps those from before, where they are invalid or name another
        store or integration.
        """
        files = open_workspace(self._config)
        refuse_another(self.files.settings.integration, files.settings.integration)
        self.files = files

    @property
    def taken(self) -> tuple[tuple[SourceFile, ...], Path]:
        """The texts of the files that were taken last, and the folder to which their paths are relative."""
        return self.files.files, self.files.directory

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
        except AppliedUnknown:
            return self.files, False
        return place, not place.settings.service.follow_config or self._is_applied(store, place)

    def _is_applied(self, store: Store, place: Workspace) -> bool:
        kept = store.facts.get(place.applied_key(store))
        if self._applied is None or self._applied[0] != kept:
            applied = place.applied_digest(store)
            self._applied = (kept, applied)
        return self._applied[1] in (None, place.settings.digest)
