"""Single sign-on with a provider that speaks OpenID Connect over HTTP, on this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from joserfc import jwt
from joserfc.jwk import RSAKey

from config import roles
from config.accounts import provider
from config.roles import Role
from tests.feeds.web.certificates import of_a_machine

pytestmark = [pytest.mark.django_db, pytest.mark.holds("S8")]
BACK = "/admin/login/provider/back/"


@pytest.fixture(scope="module")
def keys():
    return [RSAKey.generate_key(2048, {"kid": "1"}) for _ in range(2)]


@pytest.fixture
def idp(settings, keys) -> Iterator[SimpleNamespace]:
    """A provider that lets everybody in: `claims` is what it says, `key` what it signs with, `asked` what it got."""
    found = SimpleNamespace(claims={}, key=keys[0], asked={}, issuer="")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {
                "/.well-known/openid-configuration": {
                    "issuer": found.issuer, "authorization_endpoint": f"{found.issuer}/authorize",
                    "token_endpoint": f"{found.issuer}/token", "jwks_uri": f"{found.issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
                "/keys": {"keys": [keys[0].as_dict(private=False)]},
            }  # fmt: skip
            self.say(known[self.path])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            found.asked = {name: value[0] for name, value in parse_qs(body).items()}
            now = int(time.time())
            said = {
                "iss": found.issuer,
                "aud": "herald",
                "iat": now,
                "exp": now + 60,
                "sub": "s-1",
                **found.claims,
            }
            signed = jwt.encode({"alg": "RS256", "kid": "1"}, said, found.key)
            self.say({"access_token": "a", "token_type": "Bearer", "id_token": signed})

        def say(self, value: object) -> None:
            data = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """It has nothing to say."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    found.issuer, found.server = f"http://127.0.0.1:{server.server_port}", server
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    settings.OIDC = {
        "issuer": found.issuer, "client_id": "herald", "client_secret": "canary",
        "roles": [("editor", "group", "press")],
    }  # fmt: skip
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def begin(client: Client) -> dict[str, str]:
    """What Herald asks the provider for."""
    answer = client.get("/admin/login/provider/")
    assert answer.status_code == 302, answer.content
    return {name: value[0] for name, value in parse_qs(urlsplit(answer["Location"]).query).items()}


def test_in_by_the_protocol_with_state_nonce_and_proof(idp):
    client = Client()
    asked = begin(client)
    assert asked["redirect_uri"] == f"http://localhost:8000{BACK}"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    idp.claims = {
        "nonce": asked["nonce"],
        "groups": ["press"],
        "email": "eve@example.org",
        "email_verified": True,
    }
    answer = client.get(BACK, {"code": "c", "state": asked["state"]})
    assert answer["Location"] == "/admin/"
    digest = hashlib.sha256(idp.asked["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert client.get("/admin/feeds/release/").status_code == 200
    assert roles.of(User.objects.get(username="eve@example.org")) == Role.EDITOR


@pytest.mark.parametrize("named", [True, False])
def test_a_provider_whose_certificate_is_of_an_authority_of_ones_own(idp, settings, tmp_path, named):
    content, root = of_a_machine("127.0.0.1")
    (tmp_path / "server.pem").write_bytes(content)
    (tmp_path / "our-ca.pem").write_bytes(root)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem")
    idp.server.socket = tls.wrap_socket(idp.server.socket, server_side=True)
    idp.issuer = settings.OIDC["issuer"] = idp.issuer.replace("http:", "https:")
    settings.AUTHORITIES = str(tmp_path / "our-ca.pem") if named else ""
    answer = Client().get("/admin/login/provider/")
    assert answer["Location"].startswith(f"{idp.issuer}/authorize?" if named else "/admin/login/")


@pytest.mark.parametrize("forged", ["state", "nonce", "key", "audience", "expired", "issuer"])
def test_what_is_forged_lets_nobody_in(idp, keys, forged):
    client = Client()
    asked = begin(client)
    idp.claims = {"nonce": asked["nonce"], "groups": ["press"]}
    wrong = {
        "nonce": {"nonce": "another"}, "audience": {"aud": "another"}, "expired": {"exp": int(time.time()) - 3600},
        "issuer": {"iss": "https://evil.example"},
    }  # fmt: skip
    idp.claims |= wrong.get(forged, {})
    idp.key = keys[1] if forged == "key" else keys[0]
    state = "another" if forged == "state" else asked["state"]
    answer = client.get(BACK, {"code": "c", "state": state})
    assert answer["Location"] == "/admin/login/"
    assert client.get("/admin/").status_code == 302
    assert not User.objects.exists()


def test_a_provider_that_is_away_is_said(idp, settings):
    settings.OIDC = {**settings.OIDC, "issuer": "http://127.0.0.1:9"}
    page = Client().get("/admin/login/provider/", follow=True)
    assert "did not work" in page.content.decode()
    assert provider.FAILED.split(".")[0] in page.content.decode().replace("&#x27;", "'")
