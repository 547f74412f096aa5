"""How requests are authorized: an API token (SSWS), or OAuth 2.0 with a private key (see `oauth`)."""

from contextlib import suppress
from typing import Literal, Protocol

from idsync.errors import SecretError
from idsync.okta.keys import read_key
from idsync.okta.refusals import Advice
from idsync.okta.transport import Answer

Remedy = Literal["proof", "token"]


class ApiTokenCredential:
    """One of Okta's own API tokens."""

    __slots__ = ("token",)

    def __init__(self, token: str) -> None:
        """Raises SecretError when the text cannot be a token; the text is not quoted."""
        self.token = token.strip()
        if not self.token or not (self.token.isascii() and self.token.isprintable()) or " " in self.token:
            raise SecretError(
                "The API token is empty or holds characters that no token has.",
                why="A token is one word of letters, digits and signs.",
                fix="Check what spec.auth.api_token points to.",
            )


class OAuthCredential:
    """An API Services app: its client id, and its private keys: the one that signs, and those that do while Okta does
    not know that one yet.
    """

    __slots__ = ("client_id", "key", "keys")

    def __init__(
        self, client_id: str, private_key: str, key_id: str | None = None, before: tuple[str, str] | None = None
    ) -> None:
        """`private_key` is PEM or JWK, `key_id` its id where the app has several, and `before` the key that it replaces
        and the id of that. Raises SecretError, unquoted.
        """
        self.client_id = client_id
        self.key = read_key(private_key, key_id)
        self.keys = [self.key]
        if before is not None:
            with suppress(SecretError):  # one that is of no use is not needed either
                self.keys.append(read_key(*before))


Credential = ApiTokenCredential | OAuthCredential


class Authorizer(Protocol):
    """Puts a credential on requests."""

    advice: Advice

    def headers(self, method: str, url: str) -> dict[str, str]:
        """Headers that authorize one try of a request."""

    def heard(self, answer: Answer) -> None:
        """Learn from an answer what the next request needs."""

    def remedy(self, answer: Answer) -> Remedy | None:
        """Say what to renew before trying a refused request once more, if anything."""


class TokenHeader:
    """Authorization by an API token: the same header each time, and no remedy for a refusal."""

    advice = Advice(
        refused="An API token ends after 30 days without use, with the account that made it, when it is revoked, "
        "and outside the network zones that it is bound to.",
        lacks="An API token may do what its account may, and no admin role of that account allows {scope}.",
        grant="Give the account an admin role that does",
    )

    def __init__(self, credential: ApiTokenCredential) -> None:
        self._headers = {"Authorization": f"SSWS {credential.token}"}

    def headers(self, method: str, url: str) -> dict[str, str]:  # noqa: ARG002 - the header is the same for all
        """Headers that authorize one try of a request."""
        return self._headers

    def heard(self, answer: Answer) -> None:
        """Nothing to learn."""

    def remedy(self, answer: Answer) -> Remedy | None:  # noqa: ARG002 - the same for all
        """Nothing to renew."""
        return None
