"""What signing in by SAML depends on in an identity provider's metadata: who signs, with which keys, and where."""

import re
from html import unescape

import msgspec

_ENTITY = re.compile(r"<(?:\w+:)?EntityDescriptor\b[^>]*?\sentityID\s*=\s*[\"']([^\"']*)[\"']")
_CERTIFICATE = re.compile(r"<(?:\w+:)?X509Certificate\s*>([^<]*)<")
_SIGN_ON = re.compile(r"<(?:\w+:)?SingleSignOnService\b[^>]*?\sLocation\s*=\s*[\"']([^\"']*)[\"']")


class IdentityProvider(msgspec.Struct, frozen=True):
    """The issuer of answers, the certificates that they may be signed with (base64, in one line), and its addresses."""

    entity: str
    certificates: frozenset[str]
    addresses: frozenset[str]


def provider_of(metadata: str) -> IdentityProvider | None:
    """What a metadata document says; None where it names no issuer or no certificate.

    Two documents that say the same are one to a service provider, however they are written.
    """
    entity = _ENTITY.search(metadata)
    certificates = frozenset("".join(found.split()) for found in _CERTIFICATE.findall(metadata))
    if entity is None or not certificates:
        return None
    return IdentityProvider(unescape(entity[1]), certificates, frozenset(map(unescape, _SIGN_ON.findall(metadata))))
