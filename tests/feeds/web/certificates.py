"""Certificates for tests: an authority of our own, and what it certifies."""

from __future__ import annotations

import datetime as dt
import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BEGIN, END = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@cache
def certified(name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """(server, client): a server's context for `name`, and a client's that trusts its authority alone."""
    content, client = pem(name)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "server.pem"
        file.write_bytes(content)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(file)
    return server, client


@cache
def pem(name: str) -> tuple[bytes, ssl.SSLContext]:
    """The key and the certificate of a server `name`, and a client's context that trusts its authority alone."""
    signing, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    root = _certificate(
        authority, authority, signing.public_key(), signing, x509.BasicConstraints(True, None)
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    leaf = _certificate(subject, authority, key.public_key(), signing, names)
    kind = serialization.Encoding.PEM
    private = key.private_bytes(kind, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    trust = ssl.create_default_context(cadata=root.public_bytes(kind).decode())
    return private + leaf.public_bytes(kind), trust


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signing: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), BEGIN, END)
    return builder.add_extension(extension, critical=False).sign(signing, hashes.SHA256())
