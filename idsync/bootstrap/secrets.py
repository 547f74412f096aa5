"""The secrets that one configuration names, each fetched when it is used, and refused at the line that names it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from idsync.config.codes import BAD_STORE, UNUSABLE_SECRET
from idsync.config.mistakes import Mistakes
from idsync.config.secret_references import FolderSecret, SecretReference
from idsync.config.secrets import Secret, key_before, resolve, secret_references
from idsync.config.settings import ApiToken, OAuth, Settings
from idsync.config.store_address import store_complaint
from idsync.diagnostics import Diagnostic, Position, has_errors
from idsync.errors import ConfigError, SecretError

if TYPE_CHECKING:
    from idsync.okta.auth import Credential


class Secrets:
    """What `settings` name, out of `environment` and of files beside the configuration, which lies in `directory`."""

    def __init__(self, settings: Settings, directory: Path, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._directory = directory
        self._environment = environment

    def reveal(self, reference: SecretReference) -> str:
        """The text of one secret. Raises SecretError at its line."""
        with _at(reference.position):
            return self._resolved(reference)[0].reveal()

    def store_address(self) -> str:
        """Where the store is; a secret where the configuration refers to it. Raises ConfigError and SecretError."""
        store = self._settings.integration.store
        if isinstance(store, str):
            return store
        address = self._resolved(store)[0].reveal()
        if complaint := store_complaint(address):
            mistakes = Mistakes()
            mistakes.add(BAD_STORE, store.position, f"the store's address, to which this refers, {complaint}")
            raise ConfigError("The store cannot be opened; nothing was done.", tuple(mistakes.found))
        return address

    def credential(self, *, newest_alone: bool = False) -> "Credential":
        """What signs requests to Okta; of keys in a folder the newest, and while Okta does not know that one, the one
        before unless `newest_alone`. Raises ConfigError where the configuration names none, and SecretError.
        """
        from idsync.okta.auth import ApiTokenCredential, OAuthCredential

        authentication = self._settings.integration.authentication
        match authentication:
            case ApiToken(token=token):
                with _at(token.position):
                    return ApiTokenCredential(self._resolved(token)[0].reveal())
            case OAuth(client_id=client_id, private_key=private_key, key_id=key_id):
                with _at(private_key.position):
                    secret, in_folder = self._resolved(private_key)
                    before = None
                    if isinstance(private_key, FolderSecret) and key_id is None and not newest_alone:
                        before = key_before(private_key, self._directory)
                    return OAuthCredential(client_id, secret.reveal(), key_id or in_folder, before)
            case None:
                raise ConfigError(
                    "The configuration names no way to sign in to Okta.",
                    why="The Integration document has no auth, and Okta is to be read.",
                    fix="Add auth, or give --snapshot FILE.",
                )
            case _:
                assert_never(authentication)

    def missing(self, references: Iterable[SecretReference]) -> Iterator[SecretError]:
        """Why each of these secrets that cannot be read cannot be."""
        for reference in references:
            try:
                self.reveal(reference)
            except SecretError as error:
                yield error

    def check(self) -> tuple[Diagnostic, ...]:
        """What is wrong with the secrets that are named: missing, badly kept, or of no use. None of them is quoted."""
        references = secret_references(self._settings)
        found = tuple(
            each for named in references for each in resolve(named, self._environment, self._directory).diagnostics
        )
        if self._settings.integration.authentication is not None and not has_errors(found):
            try:
                self.credential()
            except SecretError as error:
                return (*found, _as_diagnostic(error, references[0].position))
        return found

    def _resolved(self, reference: SecretReference) -> tuple[Secret, str | None]:
        """A secret and, of a key in a folder, its id. Raises SecretError."""
        resolved = resolve(reference, self._environment, self._directory)
        if resolved.secret is None:
            found = next(found for found in resolved.diagnostics if has_errors([found]))
            summary = f"{found.summary[:1].upper()}{found.summary[1:]}."
            raise SecretError(summary, why=found.why, fix=found.fix, position=found.position)
        return resolved.secret, resolved.key_id


@contextmanager
def _at(position: Position) -> Iterator[None]:
    """Give a refusal of a secret the place where the secret is named."""
    try:
        yield
    except SecretError as error:
        error.position = error.position or position
        raise


def _as_diagnostic(error: SecretError, position: Position) -> Diagnostic:
    mistakes = Mistakes()
    summary = error.summary[:1].lower() + error.summary[1:].removesuffix(".")
    mistakes.add(UNUSABLE_SECRET, error.position or position, summary, why=error.why, fix=error.fix)
    return mistakes.found[0]
