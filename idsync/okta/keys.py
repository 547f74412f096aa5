"""Private keys: read from PEM or JWK, used to sign, never shown. The JOSE library loads when one is read."""

import json
import warnings
from typing import TYPE_CHECKING, Any

from idsync.errors import SecretError

if TYPE_CHECKING:
    from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = ("RS256", "RS384", "RS512", "ES256", "ES384", "ES512")
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}
_FIX = "Give an unencrypted private key, RSA (2048 bits or more) or EC (P-256, P-384, P-521), as PEM or JWK."


class SigningKey:
    """A private key with the algorithm and key id under which its signatures are known."""

    __slots__ = ("_key", "algorithm", "key_id")

    def __init__(self, key: "RSAKey | ECKey", algorithm: str, key_id: str | None) -> None:
        self._key = key
        self.algorithm = algorithm
        self.key_id = key_id

    def sign(self, claims: dict[str, Any], header: dict[str, Any]) -> str:
        """Return the claims as a compact JWT; `alg` is added to the header."""
        from joserfc import jwt

        return jwt.encode({"alg": self.algorithm, **header}, claims, self._key, algorithms=[self.algorithm])

    def thumbprint(self) -> str:
        """What tells this key from others (RFC 7638)."""
        return self._key.thumbprint()

    def public(self) -> dict[str, Any]:
        """The public half as a JWK, and nothing else."""
        return dict(self._key.as_dict(private=False))


def generated_key() -> SigningKey:
    """A new key for one process (P-256)."""
    from joserfc.jwk import ECKey

    return SigningKey(ECKey.generate_key("P-256"), "ES256", None)


def read_key(text: str, key_id: str | None = None) -> SigningKey:
    """Read a private key from PEM or JWK; raises SecretError, which never quotes it."""
    document = _jwk(text) if text.lstrip().startswith("{") else None
    key = _imported(text.encode() if document is None else document)
    if key is None:
        raise SecretError("The private key cannot be read.", why="It is neither PEM nor JWK, or damaged.", fix=_FIX)
    if not key.is_private:
        raise SecretError("The configured key is public, not private.", why="Only the private half can sign.", fix=_FIX)
    algorithm = _algorithm(key)
    if document is not None:
        named = document.get("alg", algorithm)
        if named not in ALGORITHMS or (named != algorithm and not (named[:2] == algorithm[:2] == "RS")):
            raise SecretError(
                "The private key names an algorithm that does not fit it.",
                why="Its member alg is for keys of another kind.",
                fix=_FIX,
            )
        algorithm = str(named)
        key_id = key_id or (str(document["kid"]) if document.get("kid") else None)
    return _tried(SigningKey(key, algorithm, key_id))


def _tried(key: SigningKey) -> SigningKey:
    """The key, if it signs: a JWK may say that it is for something else."""
    from joserfc.errors import JoseError

    try:
        key.sign({}, {})
    except JoseError:
        raise SecretError(
            "The private key is not for signing.", why="Its members use or key_ops say what it is for.", fix=_FIX
        ) from None
    return key


def _jwk(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SecretError(
            "The private key cannot be read.", why="It begins like a JWK but is not a JSON object.", fix=_FIX
        )
    return document


def _imported(source: bytes | dict[str, Any]) -> "RSAKey | ECKey | None":
    from joserfc.jwk import ECKey, RSAKey

    for kind in (RSAKey, ECKey):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return kind.import_key(source)
        except Exception:  # noqa: S112 - the library raises many kinds, some of which quote their input
            continue
    return None


def _algorithm(key: "RSAKey | ECKey") -> str:
    from joserfc.jwk import ECKey

    if not isinstance(key, ECKey):
        if key.raw_value.key_size < 2048:
            raise SecretError(
                "The private key is too short.", why="Okta takes RSA keys of 2048 bits or more.", fix=_FIX
            )
        return "RS256"
    algorithm = _BY_CURVE.get(key.curve_name)
    if algorithm is None:
        raise SecretError("The private key is on a curve that Okta does not take.", why="", fix=_FIX)
    return algorithm
