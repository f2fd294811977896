"""SSL_CERT_FILE: sources, the hub and HEARTBEAT_URL are asked with an authority of one's own."""

from __future__ import annotations

import ssl

import pytest

from feeds.web import client
from tests.feeds.web.certificates import of_a_machine

NAME = "intranet.example.org"


def shake_hands(client_side: ssl.SSLContext, server_side: ssl.SSLContext) -> None:
    """Both sides of a handshake in memory. Raises SSLCertVerificationError where the client does not trust."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client_side.wrap_bio(to_client, to_server, server_hostname=NAME)
    answering = server_side.wrap_bio(to_server, to_client, server_side=True)
    for side in (asking, answering) * 3:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    assert asking.version()


@pytest.mark.parametrize("named", [True, False])
def test_an_authority_of_ones_own_is_trusted_where_it_is_named_and_nowhere_else(monkeypatch, tmp_path, named):
    content, root = of_a_machine(NAME)
    (tmp_path / "server.pem").write_bytes(content)
    (tmp_path / "our-ca.pem").write_bytes(root)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.pem")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    if named:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "our-ca.pem"))
        shake_hands(client.trust.__wrapped__(), server)
    else:
        with pytest.raises(ssl.SSLCertVerificationError):
            shake_hands(client.trust.__wrapped__(), server)
