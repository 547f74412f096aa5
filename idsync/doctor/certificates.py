"""When the certificate ends that an identity provider signs with (RFC 5280)."""

import warnings
from base64 import b64decode
from datetime import datetime


def ends_at(certificate: str) -> datetime | None:
    """When a certificate ends, given as base64 without line breaks; None where it is not an X.509 certificate."""
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the standard does not allow, and which is read all the same
            return load_der_x509_certificate(b64decode(certificate, validate=True)).not_valid_after_utc
    except (ValueError, InvalidVersion):
        return None
