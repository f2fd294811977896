"""Messages of Amazon SNS: is it Amazon that signed this, for our topic, lately?

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Anybody may have a topic at Amazon, and
its messages are signed just as well: so the topic must be the one that WEBHOOKS names.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from feeds.web.answer import Answer, FetchError
from notifier.replies.webhooks.protocol import NotGenuine, Unanswered

if TYPE_CHECKING:
    from cryptography import x509

Get = Callable[[str], Answer]
CERTIFICATE_LIMIT = 50_000
AGE = timedelta(days=7)  # Amazon tries again for hours; what is older is replayed
AHEAD = timedelta(minutes=15)
_HOST = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
_HASHES: dict[str, Callable[[], HashAlgorithm]] = {"1": SHA1, "2": SHA256}  # by SignatureVersion
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_SIGNED["UnsubscribeConfirmation"] = _SIGNED["SubscriptionConfirmation"]


def read(body: bytes, topic: str, now: datetime, certificates: Certificates) -> dict[str, str]:
    """The message's fields. Raises NotGenuine, Unanswered, and ValueError for what is no message of SNS."""
    said = _fields(body)
    if said.get("TopicArn") != topic:
        raise NotGenuine("of another topic")
    _timely(said.get("Timestamp", ""), now)
    signed = "".join(f"{name}\n{said[name]}\n" for name in _SIGNED[said["Type"]] if name in said)
    chosen = _HASHES.get(said.get("SignatureVersion", ""))
    if chosen is None:
        raise NotGenuine("signed in a way that is not known here")
    key = certificates.key(said.get("SigningCertURL", ""), now)
    try:
        key.verify(
            base64.b64decode(said.get("Signature", ""), validate=True), signed.encode(), PKCS1v15(), chosen()
        )
    except (InvalidSignature, binascii.Error, ValueError):
        raise NotGenuine("the signature is not Amazon's") from None
    return said


def is_amazons(url: str) -> bool:
    """Whether an address is one of SNS itself, over https and without anything that could lead elsewhere."""
    try:
        parts = urlsplit(url)
        plain = parts.port in {None, 443} and parts.username is None and parts.password is None
    except ValueError:
        return False
    return plain and parts.scheme == "https" and _HOST.fullmatch(parts.hostname or "") is not None


class Certificates:
    """The keys that SNS signs with, fetched once for each address and process."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._known: dict[str, x509.Certificate] = {}

    def key(self, url: str, now: datetime) -> RSAPublicKey:
        """Raises NotGenuine, Unanswered."""
        if not is_amazons(url) or not urlsplit(url).path.endswith(".pem"):
            raise NotGenuine("its certificate lies elsewhere than at Amazon SNS")
        found = self._known.get(url) or self._fetch(url)
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            self._known.pop(url, None)
            raise NotGenuine("its certificate is not valid now")
        key = found.public_key()
        if not isinstance(key, RSAPublicKey):
            raise NotGenuine("its certificate holds no RSA key")
        if len(self._known) >= 20:
            self._known.clear()
        self._known[url] = found
        return key

    def _fetch(self, url: str) -> x509.Certificate:
        from cryptography import x509  # loaded where it is used: 1 MB

        answer = fetch(self._get, url)
        try:
            return x509.load_pem_x509_certificate(answer.body[:CERTIFICATE_LIMIT])
        except ValueError:
            raise NotGenuine("its certificate cannot be read") from None


def fetch(get: Get, url: str) -> Answer:
    """GET one of Amazon's own addresses, which must not lead elsewhere. Raises Unanswered, NotGenuine."""
    try:
        answer = get(url)
    except FetchError as error:
        raise Unanswered(str(error)) from error
    if not is_amazons(answer.url):
        raise NotGenuine("an address of Amazon's led elsewhere")
    if answer.status != 200:
        raise Unanswered(f"{urlsplit(url).hostname} answered {answer.status}")
    return answer


def _fields(body: bytes) -> dict[str, str]:
    try:
        found: Any = json.loads(body)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError("no JSON") from error
    said = (
        {name: value for name, value in found.items() if isinstance(value, str)}
        if isinstance(found, dict)
        else {}
    )
    if said.get("Type") not in _SIGNED:
        raise ValueError("no message of Amazon SNS")
    missing = [name for name in _SIGNED[said["Type"]] if name not in said and name != "Subject"]
    if missing:
        raise ValueError(f"a message of Amazon SNS without {', '.join(missing)}")
    return said


def _timely(timestamp: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise NotGenuine("without a time") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not now - AGE < at < now + AHEAD:
        raise NotGenuine("too old, or of a time to come")
