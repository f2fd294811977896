"""Certificates for tests: an authority of our own, and what it certifies."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
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
    leaf = _certificate(_called(name), authority, key.public_key(), signing, _names(name))
    trust = ssl.create_default_context(cadata=root.public_bytes(PEM).decode())
    return _private(key) + leaf.public_bytes(PEM), trust


@cache
def of_a_machine(name: str, *, by_itself: bool = False, end: dt.datetime = END) -> tuple[bytes, bytes]:
    """(key and certificate, the authority's certificate) of a server `name`, which may be an IP address. `by_itself`:
    no authority signed it; the one that is returned is a stranger."""
    signing, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = _called("Authority of the tests")
    ca = x509.BasicConstraints(True, None)
    root = _certificate(authority, authority, signing.public_key(), signing, ca)
    issuer, signer = (_called(name), key) if by_itself else (authority, signing)
    leaf = _certificate(_called(name), issuer, key.public_key(), signer, _names(name), end)
    return _private(key) + leaf.public_bytes(PEM), root.public_bytes(PEM)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _names(name: str) -> x509.SubjectAlternativeName:
    try:
        return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name))])
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(name)])


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    signing: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
    end: dt.datetime = END,
) -> x509.Certificate:
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number(), BEGIN, end)
    return builder.add_extension(extension, critical=False).sign(signing, hashes.SHA256())
