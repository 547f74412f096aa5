"""The configuration that was applied last, kept in the store as its texts: what unattended passes compile with.

A configuration holds references to secrets and never a secret, so that its texts may be kept.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from idsync.config.guards import Guards
from idsync.config.loader import load_documents
from idsync.config.settings import Integration, Settings
from idsync.config.source_files import SourceFile
from idsync.errors import AppliedUnknown
from idsync.model.canonical import canonical_bytes
from idsync.model.directory import LastApply
from idsync.model.findings import Finding
from idsync.stores.protocol import Facts
from idsync.targets.protocol import DirectoryReader

replace = msgspec.structs.replace
_KEY = "applied_configuration/{}"


class AppliedConfiguration(msgspec.Struct, frozen=True, omit_defaults=True):
    """A configuration by the digest of its meaning, and its files in reading order, by relative path.

    `guards` are those in force: its own ones, or stricter ones until all of it is applied. What an earlier version kept
    does not tell them.
    """

    digest: str
    files: tuple[SourceFile, ...]
    guards: Guards | None = None


def applied_key(target: DirectoryReader) -> str:
    """The key of the fact that holds what was applied to a target."""
    return _KEY.format(target.name)


def goes_by(facts: Facts, target: DirectoryReader) -> Mapping[str, bytes | None]:
    """What a run is to find still when it applies; to be read of one state with the configuration that it goes by."""
    return {applied_key(target): facts.get(applied_key(target))}


def configuration_to_remember(
    applied: AppliedConfiguration, facts: Facts, target: DirectoryReader
) -> Mapping[str, bytes]:
    """The facts that an apply keeps of its configuration; none where they are in the store already."""
    key, value = applied_key(target), canonical_bytes(applied)
    return {} if facts.get(key) == value else {key: value}


def applied_configuration(facts: Facts, target: DirectoryReader) -> AppliedConfiguration | None:
    """The configuration that was applied last to a target; None where none was ever. Raises AppliedUnknown."""
    known = facts.get(applied_key(target))
    if known is None:
        return None
    try:
        return msgspec.json.decode(known, type=AppliedConfiguration)
    except msgspec.DecodeError as error:
        raise AppliedUnknown(
            "What the store says of the applied configuration cannot be read.",
            why=f"{error}.",
            fix="Apply the configuration again: that replaces what the store says.",
        ) from error


def judged(settings: Settings, applied: AppliedConfiguration | None, directory: Path) -> Settings:
    """The settings with the guards that are in force before they are: an edit is judged by the stricter of both.

    None are known where what was applied does not tell its guards, and cannot be loaded by this version.
    """
    if applied is None:
        return settings
    guards = applied.guards
    if guards is None and applied.digest != settings.digest:
        with suppress(AppliedUnknown):
            guards = applied_settings(applied, directory).guards
    return replace(settings, in_force=guards)


def applied_in(files: Mapping[str, str], last: LastApply | None) -> AppliedConfiguration | None:
    """The same of a directory in a file, which says the `files` of the configuration applied last, by path."""
    if not files or last is None:
        return None
    return AppliedConfiguration(last.config_digest, tuple(SourceFile(name, text) for name, text in files.items()))


def settings_before(
    facts: Facts, target: DirectoryReader, files: tuple[SourceFile, ...], directory: Path
) -> Settings | None:
    """The settings applied last, where they are known and other `files` said them than those of now.

    They only tell people what an edit changes: where they cannot be read, nothing is said of them. They may mean the
    same as those of now, and differ in what does not decide who has which access. Which store they named is left out:
    the store that tells them is the one that is meant, also where it was copied to another address.
    """
    with suppress(AppliedUnknown):
        found = _settings_of(applied_configuration(facts, target), files, directory)
        if found is not None:
            return replace(found, integration=replace(found.integration, store=""))
    return None


def _settings_of(
    applied: AppliedConfiguration | None, files: tuple[SourceFile, ...], directory: Path
) -> Settings | None:
    return None if applied is None or applied.files == files else applied_settings(applied, directory)


def settings_before_in(
    applied: AppliedConfiguration | None, files: tuple[SourceFile, ...], directory: Path
) -> Settings | None:
    """The same of a directory in a file, which says what was `applied`."""
    with suppress(AppliedUnknown):
        return _settings_of(applied, files, directory)
    return None


def applied_settings(applied: AppliedConfiguration, directory: Path) -> Settings:
    """The settings of a configuration that was applied, whatever the files say now.

    Relative paths in them are relative to `directory`. Raises AppliedUnknown where this version cannot load them.
    """
    loaded = load_documents(applied.files, directory)
    if loaded.settings is None:
        raise AppliedUnknown(
            "The configuration that was applied last cannot be loaded by this version.",
            why=str(next(iter(loaded.diagnostics), "")),
            fix="Correct the configuration, and apply it with this version.",
        )
    return loaded.settings


def reached_as(applied: Settings, files: Integration) -> Settings:
    """The settings that were applied, with the store, the credential and the pace that the files say now.

    None of them says who has which access, and no plan tells an edit of them, so that they do not wait for an apply:
    a store that was copied is read where it is now, and a new credential is used at once. A credential is for one
    organization: where the files name another one, or sign in nowhere, it stays as it was applied.
    """
    there = applied.integration
    signs_in = files if files.authentication and files.org_url == there.org_url else there
    integration = replace(
        there,
        store=files.store,
        store_position=files.store_position,
        authentication=signs_in.authentication,
        interval=files.interval,
        rate_limit_share=files.rate_limit_share,
    )
    return replace(applied, integration=integration)


def config_waiting() -> Finding:
    """That the files say something else than what was applied last."""
    return Finding(
        "config_waiting",
        "warning",
        "The configuration has changed since it was last applied. Passes that nobody attends go on with the one "
        "before: review `idsync plan`, then `idsync apply`; or set follow_config: true in a Service document.",
    )
