"""Signed tokens as the authorization server reads them: one door for JWTs, with every refusal a ValueError."""

from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

Key = RSAKey | ECKey

ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]


class _Registry(jws.JWSRegistry):
    # A proof carries its public key in the header: 3072 bits of RSA make more than the 512 bytes allowed by default.
    max_header_length = 8192


_REGISTRY = _Registry(algorithms=ALGORITHMS)
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k"})


def public_key(jwk: dict[str, Any]) -> Key:
    """The key of a public JWK; ValueError for one that is private, symmetric or unreadable."""
    if _PRIVATE & jwk.keys():
        raise ValueError("the JWK holds private members")
    try:
        key = JWKRegistry.import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError) as problem:
        raise ValueError(f"the JWK cannot be read: {problem}") from problem
    if not isinstance(key, RSAKey | ECKey):
        raise ValueError("the JWK is not an RSA or EC key")
    return key


def header(token: str) -> dict[str, Any]:
    """The header of a JWT, not yet verified."""
    try:
        return dict(jws.extract_compact(token.encode(), registry=_REGISTRY).headers())
    except (JoseError, ValueError, TypeError) as problem:
        raise ValueError("not a JWT") from problem


def claims(token: str, key: Key) -> dict[str, Any]:
    """The claims of a JWT that the key has signed."""
    try:
        return dict(jwt.decode(token, key, registry=_REGISTRY).claims)
    except (JoseError, ValueError, TypeError) as problem:
        raise ValueError(f"the signature or the form is wrong: {problem}") from problem


def number(claims: dict[str, Any], name: str) -> float | None:
    """A numeric claim, or None when absent; ValueError for another type."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is not a number")
    return float(value)
