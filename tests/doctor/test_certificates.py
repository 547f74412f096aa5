"""When the certificate ends that an identity provider signs with; what is broken ends never, and breaks nothing."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idsync.doctor.certificates import ends_at

any_time = st.datetimes(datetime(1951, 1, 1), datetime(9999, 12, 31)).map(lambda time: time.replace(microsecond=0))


@cache
def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


def certificate(ends: datetime, name: str = "Okta") -> bytes:
    """A certificate in DER that ends then."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=_key().public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=ends - timedelta(days=1),
        not_valid_after=ends,
    )
    return builder.sign(_key(), None).public_bytes(Encoding.DER)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(any_time, st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=60))
def test_the_end_of_any_certificate_is_read(ends: datetime, name: str) -> None:
    assert ends_at(b64encode(certificate(ends, name)).decode()) == ends.replace(tzinfo=UTC)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 60), st.binary(max_size=3))
def test_what_is_cut_off_or_changed_ends_never_or_at_some_time(at: int, put: bytes) -> None:
    whole = certificate(datetime(2030, 1, 1))
    for broken in (whole[:at], whole[:at] + put + whole[at + len(put) :]):
        end = ends_at(b64encode(broken).decode())
        assert end is None or end.tzinfo is UTC


def test_a_version_that_there_is_not_has_no_end() -> None:
    third = b"\xa0\x03\x02\x01\x02"
    whole = certificate(datetime(2030, 1, 1))
    assert third in whole
    for number in (1, 3, 255):
        changed = whole.replace(third, third[:-1] + bytes([number]), 1)
        assert ends_at(b64encode(changed).decode()) is None


@pytest.mark.parametrize("text", ["", "not base64", "MII", b64encode(b"\x30\x84\xff\xff\xff\xff").decode()])
def test_what_is_not_a_certificate_has_no_end(text: str) -> None:
    assert ends_at(text) is None
