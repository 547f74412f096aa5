"""What is kept of one access token: itself, the key that signs its proofs, and the nonces that Okta asked for."""

import threading
from dataclasses import dataclass, field

import msgspec

from idsync.okta.keys import SigningKey


class HeldToken(msgspec.Struct, frozen=True):
    """A token in use, and until when (of the clock that never goes back)."""

    value: str
    bound: bool
    until: float

    def __repr__(self) -> str:
        return f"HeldToken(bound={self.bound})"


@dataclass
class TokenState:
    """One token as it is renewed; `lock` is held while that happens. A bound token is good with its own key alone."""

    proof_key: SigningKey
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: HeldToken | None = None
    token_nonce: str | None = None
    """What the token endpoint wants to see in the next proof."""
    nonce: str | None = None
    """What the API wants to see in the next proof."""

    def __repr__(self) -> str:
        return f"TokenState(held={self.held})"
