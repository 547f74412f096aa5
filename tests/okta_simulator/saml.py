"""SAML 2.0 of an app: the settings that a custom one needs, its signing certificate, and its metadata document."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.okta_simulator.errors import OktaError
from tests.okta_simulator.objects import App

_NEEDED = (
    "ssoAcsUrl",
    "recipient",
    "destination",
    "audience",
    "subjectNameIdTemplate",
    "subjectNameIdFormat",
    "signatureAlgorithm",
    "digestAlgorithm",
    "authnContextClassRef",
)
_URLS = ("ssoAcsUrl", "recipient", "destination")
_TEN_YEARS = timedelta(days=3652)
_FORMATS = ("unspecified", "emailAddress")
_BINDINGS = ("HTTP-POST", "HTTP-Redirect")


def check_settings(sign_on: dict[str, Any]) -> None:
    """Refuse the sign-on settings of a custom app that lack a member or have an address that is none."""
    causes = [f"{name}: The field cannot be left blank" for name in _NEEDED if not sign_on.get(name)]
    causes += [
        f"{name}: The field must be a URL"
        for name in _URLS
        if sign_on.get(name) and not str(sign_on[name]).startswith(("https://", "http://"))
    ]
    if causes:
        raise OktaError(400, "E0000001", "Api validation failed: settings.signOn", *causes)


@cache
def _key() -> rsa.RSAPrivateKey:
    """One key for all apps: making one takes longer than all else that a test does."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(organization: str, key_id: str, since: int) -> str:
    """The signing certificate of a key, valid for ten years from a moment: DER as base64, in one line."""
    names = {
        NameOID.COUNTRY_NAME: "US",
        NameOID.ORGANIZATION_NAME: "Okta",
        NameOID.COMMON_NAME: organization,
        NameOID.SERIAL_NUMBER: key_id,
    }
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in names.items()])
    start = datetime.fromtimestamp(since // 1000, tz=UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=_key().public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=start + _TEN_YEARS,
    )
    return b64encode(builder.sign(_key(), SHA256()).public_bytes(Encoding.DER)).decode()


def metadata(app: App, base_url: str, organization: str) -> str:
    """The identity provider's metadata for an app, as an XML document."""
    location = escape(f"{base_url}/app/{app.name}/{app.external_key}/sso/saml", {'"': "&quot;"})
    formats = "".join(
        f"<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:{name}</md:NameIDFormat>" for name in _FORMATS
    )
    services = "".join(
        f'<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:{binding}" Location="{location}"/>'
        for binding in _BINDINGS
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<md:EntityDescriptor entityID="http://www.okta.com/{app.external_key}" '
        'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">'
        '<md:IDPSSODescriptor WantAuthnRequestsSigned="false" '
        'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        '<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>'
        f"<ds:X509Certificate>{certificate(organization, app.key_id, app.created)}</ds:X509Certificate>"
        f"</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>{formats}{services}"
        "</md:IDPSSODescriptor></md:EntityDescriptor>"
    )
