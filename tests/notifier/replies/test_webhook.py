"""Amazon SES by SNS: signed by Amazon, for our topic, lately; everything else is refused."""

import base64
import json
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from config import clock
from feeds.web.answer import Answer, Unreachable
from notifier import returns
from notifier.models import Reply, Subscriber, Suppression
from notifier.replies import webhooks
from notifier.replies.webhooks import ses, sns
from tests.notifier.mailing import a_newsroom, a_subscriber

pytestmark = pytest.mark.django_db
TOPIC = "arn:aws:sns:eu-west-1:123456789012:herald"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
KEY = rsa.generate_private_key(65537, 2048)


def certificate(key=KEY, days=30):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = clock.now()
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(days=60))
    signed = made.not_valid_after(now + timedelta(days=days)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


class Amazon:
    """What the web client finds at Amazon's addresses."""

    def __init__(self):
        self.pages = {CERTIFICATE_URL: certificate(), SUBSCRIBE_URL: b"<ConfirmSubscriptionResponse/>"}
        self.asked = []
        self.leads_to = ""

    def get(self, url):
        self.asked.append(url)
        if url not in self.pages:
            raise Unreachable(f"{url}: no such page")
        return Answer(200, self.leads_to or url, self.pages[url])


@pytest.fixture
def amazon(settings, monkeypatch):
    a_newsroom()
    settings.WEBHOOKS = {"ses": TOPIC}
    found = Amazon()
    monkeypatch.setitem(webhooks.PROVIDERS, "ses", ses.Ses(found.get))
    return found


@pytest.fixture
def ada():
    return a_subscriber("ada@example.net")


def message(content, kind="Notification", version="2", key=KEY, **changes):
    """A message of SNS, signed as Amazon does; `changes` come before that, and None takes a field out."""
    said = {
        "Type": kind, "MessageId": "1", "TopicArn": TOPIC, "Message": json.dumps(content),
        "Timestamp": clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version, "SigningCertURL": CERTIFICATE_URL,
    }  # fmt: skip
    if kind == "SubscriptionConfirmation":
        said |= {"Token": "abc", "SubscribeURL": SUBSCRIBE_URL}
    said = {name: value for name, value in (said | changes).items() if value is not None}
    text = "".join(f"{name}\n{said[name]}\n" for name in sns._SIGNED.get(kind, ()) if name in said)
    algorithm = hashes.SHA1() if version == "1" else hashes.SHA256()
    said["Signature"] = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), algorithm)).decode()
    return said


def bounce(kind="Permanent", subtype="General", status="5.1.1", to="ada@example.net", source="", name="f-1"):
    person = {
        "emailAddress": to,
        "action": "failed",
        "status": status,
        "diagnosticCode": f"smtp; 550 {status} no",
    }
    return {
        "notificationType": "Bounce",
        "bounce": {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [person], "feedbackId": name},
        "mail": {"source": source or "news@example.org", "messageId": "m-1"},
    }  # fmt: skip


def complaint(kind="abuse", to="ada@example.net"):
    return {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": to}], "complaintFeedbackType": kind, "feedbackId": "c"},
        "mail": {"source": "news@example.org"},
    }  # fmt: skip


def post(client, said):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return client.generic("POST", "/webhooks/ses", body, "text/plain; charset=UTF-8").status_code


@pytest.mark.holds("M9")
@pytest.mark.parametrize("version", ["1", "2"])
def test_a_bounce_suppresses_whom_it_names_once(client, amazon, ada, version):
    said = message(bounce(), version=version)
    assert [post(client, said), post(client, said)] == [204, 204]
    assert [(r.subscriber, r.dispatch_id, r.kind, r.status) for r in Reply.objects.all()] == [
        (ada, 0, "hard", "5.1.1")
    ]
    assert bytes(Suppression.objects.get().address) == bytes(ada.address)
    assert amazon.asked == [CERTIFICATE_URL]  # kept from the first to the second


def test_the_return_path_says_which_message_it_was(client, amazon, ada):
    path = returns.sender(ada.pk, 7, clock.now().date())
    assert post(client, message(bounce(to="another@example.net", source=path))) == 204
    assert Reply.objects.get().dispatch_id == 7


@pytest.mark.holds("M9")
def test_a_complaint_unsubscribes(client, amazon, ada):
    assert post(client, message(complaint())) == 204
    ada.refresh_from_db()
    assert (ada.state, Suppression.objects.get().kind) == (Subscriber.State.LEFT, "complaint")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (bounce("Transient", "MailboxFull", "5.2.2"), "soft"),
        (bounce("Transient", "General", "5.1.1"), "soft"),
        (bounce("Permanent", "NoEmail", ""), "hard"),
        (bounce("Permanent", "OnAccountSuppressionList", ""), "hard"),
        (bounce("Permanent", "General", "5.7.1"), "soft"),
        (complaint("not-spam"), "not_spam"),
    ],
)
def test_what_else_is_reported_suppresses_nobody_at_once(client, amazon, ada, event, kind):
    assert post(client, message(event)) == 204
    assert Reply.objects.get().kind == kind
    assert Suppression.objects.exists() == (kind == "hard")


def test_a_subscription_is_confirmed_at_amazon(client, amazon):
    assert post(client, message("", "SubscriptionConfirmation")) == 204
    assert amazon.asked == [CERTIFICATE_URL, SUBSCRIBE_URL]
    assert post(client, message("", "SubscriptionConfirmation", SubscribeURL="https://evil.example/x")) == 403
    assert post(client, message("", "UnsubscribeConfirmation", Token="t", SubscribeURL=SUBSCRIBE_URL)) == 204
    assert amazon.asked == [CERTIFICATE_URL, SUBSCRIBE_URL]


@pytest.mark.holds("M9")
@pytest.mark.parametrize(
    "said",
    [
        lambda: message(bounce(), key=rsa.generate_private_key(65537, 2048)),
        lambda: message(bounce()) | {"Message": json.dumps(bounce(to="bob@example.net"))},
        lambda: message(bounce()) | {"Signature": "!"},
        lambda: message(bounce()) | {"Signature": ""},
        lambda: message(bounce(), TopicArn="arn:aws:sns:eu-west-1:666:evil"),
        lambda: message(bounce(), Timestamp=(clock.now() - timedelta(days=8)).isoformat()),
        lambda: message(bounce(), Timestamp=(clock.now() + timedelta(days=1)).isoformat()),
        lambda: message(bounce(), Timestamp="yesterday"),
        lambda: message(bounce()) | {"SignatureVersion": "3"},
        lambda: message(bounce()) | {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/a.pem"},
        lambda: (
            message(bounce()) | {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"}
        ),
        lambda: (
            message(bounce()) | {"SigningCertURL": "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem"}
        ),
        lambda: message(bounce()) | {"SigningCertURL": "https://x@sns.eu-west-1.amazonaws.com:8443/a.pem"},
        lambda: message(bounce()) | {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.txt"},
        lambda: message(bounce()) | {"SigningCertURL": "https://[sns/a.pem"},
        lambda: message(bounce()) | {"SigningCertURL": "https://s3.eu-west-1.amazonaws.com/a.pem"},
    ],
)
def test_what_is_not_amazons_word_for_our_topic_is_refused(client, amazon, ada, said):
    assert post(client, said()) == 403
    assert not Reply.objects.exists()
    assert amazon.asked in ([], [CERTIFICATE_URL])


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"Type": "Notification"}', b'{"Type": ["Notification"]}',
        b"[" * 100_000, json.dumps({"Type": "Notification", "TopicArn": TOPIC, "MessageId": 5}).encode(),
    ],
)  # fmt: skip
def test_what_is_no_message_is_400(client, amazon, body):
    assert post(client, body) == 400


@pytest.mark.parametrize(
    "content", ["no object", [], {}, {"notificationType": "Delivery"}, {"notificationType": "Bounce"}]
)
def test_what_is_of_no_interest_is_204(client, amazon, content):
    assert post(client, message(content)) == 204
    strange = {
        "notificationType": "Bounce",
        "bounce": {"bouncedRecipients": [1, {"emailAddress": "\0"}]},
        "mail": [],
    }
    assert post(client, message(strange)) == 204
    assert post(client, message(None, Message="{")) == 400


def test_a_certificate_that_is_out_of_date_leads_elsewhere_or_is_none(client, amazon, ada):
    amazon.pages[CERTIFICATE_URL] = certificate(days=-1)
    assert post(client, message(bounce())) == 403
    amazon.pages[CERTIFICATE_URL] = b"junk"
    assert post(client, message(bounce())) == 403
    amazon.pages[CERTIFICATE_URL], amazon.leads_to = certificate(), "https://evil.example/a.pem"
    assert post(client, message(bounce())) == 403
    del amazon.pages[CERTIFICATE_URL]
    assert post(client, message(bounce())) == 503  # Amazon sends it again


def test_bounds_methods_and_who_is_not_configured(client, amazon, settings):
    assert post(client, b"x" * 300_001) == 413
    assert client.get("/webhooks/ses").status_code == 405
    assert client.post("/webhooks/other").status_code == 404
    settings.WEBHOOKS = {}
    assert post(client, message(bounce())) == 404
