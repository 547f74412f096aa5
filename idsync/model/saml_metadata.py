"""What signing in by SAML depends on in an identity provider's metadata: who signs, with which keys, and where."""

import re
from html import unescape

import msgspec

_ENTITY = re.compile(r"<(?:\w+:)?EntityDescriptor\b[^>]*?\sentityID\s*=\s*[\"']([^\"']*)[\"']")
_CERTIFICATE = re.compile(r"<(?:\w+:)?X509Certificate\s*>([^<]*)<")
_SIGN_ON = re.compile(r"<(?:\w+:)?SingleSignOnService\b[^>]*?\sLocation\s*=\s*[\"']([^\"']*)[\"']")

_DOCUMENT_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_END = re.compile(r"</(?:\w+:)?EntityDescriptor\s*>\s*\Z")
LARGEST = 256 << 10
"""Characters of a metadata document; Okta's has some 3,000."""


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


def metadata_complaint(metadata: str) -> str:
    """Say why a document that an identity provider answered with cannot be given to a service provider; else nothing.

    A document type may hold entities that grow without end, or fetch files: metadata has none.
    """
    if len(metadata) > LARGEST:
        return f"it is larger than {LARGEST >> 10:,} KiB"
    if not all(character.isprintable() or character in "\r\n\t" for character in metadata):
        return "it holds control characters"
    if _DOCUMENT_TYPE.search(metadata):
        return "it declares a document type, which metadata never does"
    if _END.search(metadata) is None:
        return "its end is missing"
    return "" if provider_of(metadata) else "it names no issuer, or no certificate"
