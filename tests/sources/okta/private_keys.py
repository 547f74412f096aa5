"""Private keys for tests, made once."""

import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.jwk import ECKey, OKPKey, RSAKey

RSA = RSAKey.generate_key(2048)
CURVES = {name: ECKey.generate_key(name) for name in ("P-256", "P-384", "P-521")}


SHORT = (
    rsa.generate_private_key(65537, 1024)
    .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    .decode()
)


def pem(key: RSAKey | ECKey) -> str:
    return key.as_pem(private=True).decode()


def jwk(key: RSAKey | ECKey | OKPKey, **members: object) -> str:
    return json.dumps(key.as_dict(private=True) | members)
