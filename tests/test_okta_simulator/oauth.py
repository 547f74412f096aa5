"""An OAuth client made by hand, whose every assertion and proof can be made wrong."""

import uuid
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.okta_simulator.auth import ASSERTION_TYPE
from tests.test_okta_simulator.reader import Reader

RSA = RSAKey.generate_key(2048, parameters={"kid": "rsa"})
EC = ECKey.generate_key("P-256", parameters={"kid": "ec"})
PROOF_KEY = ECKey.generate_key("P-256")
OTHER_KEY = ECKey.generate_key("P-256")
READ = "okta.users.read okta.groups.read"
NOW = 1_800_000_000
DAY = 24 * 60 * 60


class Client:
    """An OAuth client made by hand, that can do everything wrong."""

    def __init__(self, reader: Reader, key: RSAKey | ECKey = EC, client_id: str = "0oaService") -> None:
        self.reader = reader
        self.clock = reader.simulator.organization.clock
        self.key = key
        self.client_id = client_id
        self.url = f"{reader.simulator.base_url}/oauth2/v1/token"

    def assertion(self, header: dict[str, Any] | None = None, **changes: Any) -> str:
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.url, "exp": int(self.clock()) + 300}
        claims |= {"iat": int(self.clock()), "jti": str(uuid.uuid4())} | changes
        algorithm = "RS256" if isinstance(self.key, RSAKey) else "ES256"
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": algorithm, "kid": self.key.kid} | (header or {}), kept, self.key)

    def proof(self, method: str, url: str, key: ECKey = PROOF_KEY, header: Any = None, **changes: Any) -> str:
        claims = {"htm": method, "htu": url, "iat": int(self.clock()), "jti": str(uuid.uuid4())} | changes
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)} | (header or {})
        return jwt.encode(head, {name: value for name, value in claims.items() if value is not None}, key)

    def ask(
        self, *, scope: str = READ, assertion: str | None = None, proof: str | None = None, **form: str
    ) -> httpx.Response:
        data = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(),
        }
        headers = {} if proof is None else {"dpop": proof}
        return self.reader.stranger.post(self.url, data=data | form, headers=headers)

    def nonce(self) -> str:
        response = self.ask(proof=self.proof("POST", self.url))
        assert (response.status_code, response.json()["error"]) == (400, "use_dpop_nonce")
        return str(response.headers["dpop-nonce"])

    def proven_token(self) -> str:
        response = self.ask(proof=self.proof("POST", self.url, nonce=self.nonce()))
        assert response.json()["token_type"] == "DPoP"
        return str(response.json()["access_token"])

    def call(self, token: str, proof: str | None, scheme: str = "DPoP", path: str = "/api/v1/groups") -> httpx.Response:
        headers = {"authorization": f"{scheme} {token}"} | ({} if proof is None else {"dpop": proof})
        return self.reader.stranger.get(path, headers=headers)
