"""Loads a configuration: files, documents, schema, meaning. Every mistake of the whole tree is reported in one go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from idsync.config.codes import MISSING_OWNERS, NO_INTEGRATION, REPEATED_KIND, RESOURCE_HERE, TOO_MANY_MISTAKES
from idsync.config.composer import Budget, compose
from idsync.config.file_codes import (
    CONFIG_NOT_FOUND,
    NO_DOCUMENTS,
    NOT_UTF8,
    TOO_LARGE,
    UNREADABLE_FILE,
    YAML_ALIAS,
    YAML_SYNTAX,
    YAML_TAG,
    YAML_TOO_DEEP,
    YAML_TOO_MANY_VALUES,
)
from idsync.config.guards import Guards
from idsync.config.mistakes import Code, Mistakes
from idsync.config.nodes import Node, find, key_position, text_of
from idsync.config.places import places_in
from idsync.config.read_import_rules import read_import_rules
from idsync.config.read_integration import read_integration
from idsync.config.read_rules import (
    read_access_list_rules,
    read_filters,
    read_guards,
    read_owners,
    read_role_rules,
)
from idsync.config.schema_check import check_document
from idsync.config.service import Service, read_service
from idsync.config.settings import ImportFilters, Settings, TraitSettings
from idsync.config.source_files import SourceFile, read_source_files, shown
from idsync.diagnostics import Diagnostic, Position, has_errors, in_reading_order
from idsync.model.addresses import PLAIN_KINDS

_SINGLE = ("Integration", "DefaultOwners", "ImportFilters", "Guards", "Service")
_RESOURCES = ("user", "lock", "access_list", "access_list_member", *PLAIN_KINDS)
# After one of these, documents may have been missed.
_UNREAD = (
    CONFIG_NOT_FOUND,
    NO_DOCUMENTS,
    UNREADABLE_FILE,
    TOO_LARGE,
    NOT_UTF8,
    YAML_SYNTAX,
    YAML_TOO_DEEP,
    YAML_TOO_MANY_VALUES,
    YAML_ALIAS,
    YAML_TAG,
)


class Loaded(msgspec.Struct, frozen=True):
    """What came of loading: the settings, unless there are errors, and everything found on the way.

    `directory` is what relative paths in the settings are relative to; positions name files relative to it too. `files`
    are those that were read, in reading order: `load_documents` makes the same of them.
    """

    settings: Settings | None
    diagnostics: tuple[Diagnostic, ...]
    directory: Path
    files: tuple[SourceFile, ...] = ()


def load(path: Path) -> Loaded:
    """Load the configuration that a directory, or one file, holds. Never raises for what is in the files."""
    mistakes = Mistakes()
    return _loaded(read_source_files(path, mistakes), Position(shown(path)), _directory(path), mistakes)


def load_documents(files: Iterable[SourceFile], directory: Path) -> Loaded:
    """Load the configuration that these texts are, in their order, as if they lay in `directory`. Reads no file."""
    return _loaded(files, Position(shown(directory)), directory, Mistakes())


def _loaded(files: Iterable[SourceFile], root: Position, directory: Path, mistakes: Mistakes) -> Loaded:
    documents = _Documents(files, root, mistakes)
    settings = documents.settings()
    if mistakes.full:
        last = mistakes.found[-1].position
        mistakes.found.append(_too_many(last))
    diagnostics = in_reading_order(mistakes.found)
    return Loaded(None if has_errors(diagnostics) else settings, diagnostics, directory, tuple(documents.files))


class _Documents:
    """The documents of a configuration, by kind, in reading order."""

    def __init__(self, files: Iterable[SourceFile], root: Position, mistakes: Mistakes) -> None:
        self._root = root
        self._mistakes = mistakes
        self._by_kind: dict[str, list[Node]] = {}
        self._seen_all = True
        self.files: list[SourceFile] = []
        budget = Budget()
        for file in files:
            self.files.append(file)
            for document in compose(file.text, file.name, mistakes, budget):
                self._add(document)
            if budget.left < 0 or mistakes.full:
                break

    def _add(self, document: Node) -> None:
        """Sort a document under its kind, once it is held against the schema."""
        resource = find(document, "kind")
        if text_of(resource) in _RESOURCES and find(document, "apiVersion") is None:
            position = resource.position if resource else document.position
            self._mistakes.add(RESOURCE_HERE, position, f"this is a directory's {text_of(resource)}, not configuration")
            return
        self._seen_all = check_document(document, self._mistakes) and self._seen_all
        kind = text_of(find(document, "kind"))
        if kind is None:
            return
        others = self._by_kind.setdefault(kind, [])
        others.append(document)
        if kind in _SINGLE and len(others) > 1:
            here, first = (key_position(each, "kind") or each.position for each in (document, others[0]))
            self._mistakes.add(REPEATED_KIND, here, f"there is more than one {kind}", related=(first,))

    def settings(self) -> Settings | None:
        """Read what the documents mean, noting every mistake. The result is good only if none is an error."""
        integrations = [read_integration(document, self._mistakes) for document in self._of("Integration")]
        owners = [read_owners(document, self._mistakes) for document in self._of("DefaultOwners")]
        filters = [read_filters(document, self._mistakes) for document in self._of("ImportFilters")]
        guards = [read_guards(document, self._mistakes) for document in self._of("Guards")]
        services = [read_service(document, self._mistakes) for document in self._of("Service")]
        prefix = integrations[0].users.traits.prefix if integrations else TraitSettings().prefix
        role_rules = read_role_rules(self._of("RoleMapping"), prefix, self._mistakes)
        access_list_rules = read_access_list_rules(self._of("AccessListRules"), self._mistakes)
        import_rules = read_import_rules(self._of("ImportRules"), self._mistakes)
        if not integrations:
            self._add_missing(NO_INTEGRATION, self._root, "no document is of kind Integration")
            return None
        settings = Settings(
            integration=integrations[0],
            default_owners=owners[0] if owners else (),
            filters=filters[0] if filters else ImportFilters(),
            role_rules=role_rules,
            access_list_rules=access_list_rules,
            import_rules=import_rules,
            guards=guards[0] if guards else Guards(),
            service=services[0] if services else Service(),
            places=places_in({kind: documents[0] for kind, documents in self._by_kind.items()}),
        )
        self._check_owners(settings)
        return settings

    def _check_owners(self, settings: Settings) -> None:
        if settings.integration.sync.access_lists and not settings.default_owners:
            documents = self._of("DefaultOwners")
            place = find(documents[0], "spec", "owners") if documents else None
            position = settings.integration.position if place is None else place.position
            self._add_missing(MISSING_OWNERS, position, "access lists are managed, and there is no default owner")

    def _of(self, kind: str) -> list[Node]:
        return self._by_kind.get(kind, [])

    def _add_missing(self, code: Code, position: Position, summary: str) -> None:
        """Note that something is absent, unless it may stand in what could not be read."""
        if self._seen_all and not self._mistakes.has(*_UNREAD):
            self._mistakes.add(code, position, summary)


def _directory(path: Path) -> Path:
    try:
        return path if path.is_dir() else path.parent
    except OSError:
        return path.parent


def _too_many(last: Position) -> Diagnostic:
    code = TOO_MANY_MISTAKES
    summary = f"there are more than {Mistakes.LIMIT} mistakes; the rest is not shown"
    return Diagnostic(code.name, code.severity, summary, code.why, code.fix, last)
