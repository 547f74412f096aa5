"""A certificate of the service's own: https is answered with it, and one that cannot be used is told at its line."""

import asyncio
import datetime as dt
import socket
import ssl
import threading
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from idsync.config.secret_references import FileSecret
from idsync.config.service import Service, Tls
from idsync.diagnostics import Position
from idsync.errors import SecretError
from idsync.server.serving import Listening, server_of

APP = Starlette(routes=[Route("/", lambda _: PlainTextResponse("well"))])
CERTIFICATE, KEY = Position("service.yaml", 4), Position("service.yaml", 5)


def listening(folder: Path, port: int = 0) -> Listening:
    """Where to listen with a certificate in the folder."""
    tls = Tls(FileSecret("tls.pem", CERTIFICATE), FileSecret("tls.key", KEY))
    return Listening("127.0.0.1", port, Service(tls=tls), folder)


def written(folder: Path, encryption: KeySerializationEncryption | None = None) -> EllipticCurvePrivateKey:
    """A certificate of this machine, and its key, in the folder."""
    key, name = generate_private_key(SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idsync")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(days=1), now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))
    return key


def test_https_is_answered_with_it(tmp_path: Path) -> None:
    written(tmp_path)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = server_of(APP, listening(tmp_path, port))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    try:
        trusted = ssl.create_default_context(cafile=tmp_path / "tls.pem")
        assert httpx.get(f"https://127.0.0.1:{port}/", verify=trusted, timeout=20).text == "well"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@pytest.mark.parametrize(("name", "position"), [("tls.pem", CERTIFICATE), ("tls.key", KEY)])
def test_a_file_that_is_not_there_is_told_at_its_line(tmp_path: Path, name: str, position: Position) -> None:
    written(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(SecretError, match=f"{name}, cannot be read") as refused:
        server_of(APP, listening(tmp_path))
    assert (refused.value.position, refused.value.why) == (position, "No such file or directory.")


@pytest.mark.parametrize("wrong", ["another key", "a key with a passphrase", "no certificate"])
def test_a_certificate_and_a_key_that_cannot_be_used_are_told(tmp_path: Path, wrong: str) -> None:
    written(tmp_path, BestAvailableEncryption(b"secret") if wrong == "a key with a passphrase" else None)
    if wrong == "another key":
        other = tmp_path / "other"
        other.mkdir()
        written(other)
        (other / "tls.key").replace(tmp_path / "tls.key")
    if wrong == "no certificate":
        (tmp_path / "tls.pem").write_text("hello")
    with pytest.raises(SecretError, match="certificate and key cannot be used") as refused:
        server_of(APP, listening(tmp_path))
    assert refused.value.position == CERTIFICATE
