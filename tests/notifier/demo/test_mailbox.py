import pytest

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
MESSAGE = f"""Subject: {HOSTILE}\r
To: {HOSTILE}@example.org\r
Message-ID: <1@example.org>\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Plain {HOSTILE}\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<html><head><title>t</title></head><body>{HOSTILE}<a href="https://example.org/">link</a></body></html>\r
--b--\r
""".encode()


@pytest.fixture
def hostile(mailbox):
    return mailbox.put([f"a{HOSTILE}@example.org"], "", MESSAGE)[0]


def test_hostile_words_stay_words(client, hostile):
    for address in ("/demo/mailbox", f"/demo/mailbox?to={HOSTILE}", f"/demo/mailbox/{hostile.id}"):
        page = client.get(address).content.decode()
        assert HOSTILE not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_html_is_shown_in_a_sandbox_with_a_policy_of_its_own(client, hostile):
    page = client.get(f"/demo/mailbox/{hostile.id}")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content.decode()
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    html = client.get(f"/demo/mailbox/{hostile.id}/html")
    policy = html["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in policy
    assert html["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_blank">' in html.content.decode()


def test_the_source_is_what_came_and_never_html(client, hostile):
    source = client.get(f"/demo/mailbox/{hostile.id}/source")
    assert source.content == MESSAGE
    assert source["Content-Type"] == "text/plain; charset=utf-8"
    assert source["X-Content-Type-Options"] == "nosniff"


def test_newest_first_and_only_those_to_somebody(client, mailbox):
    for name in ("anna", "bob", "anna"):
        mailbox.put([f"{name}@example.org"], "", b"Subject: to " + name.encode() + b"\r\n\r\n")
    everything = client.get("/demo/mailbox").content.decode()
    assert everything.count("to anna") == 2
    assert everything.index("to anna") < everything.index("to bob")
    annas = client.get("/demo/mailbox?to=Anna").content.decode()
    assert annas.count("to anna") == 2
    assert "to bob" not in annas


def test_thousands_are_in_pages(client, mailbox):
    mailbox.put([f"reader-{n}@example.org" for n in range(120)], "", b"Subject: x\r\n\r\n")
    last = client.get("/demo/mailbox?page=3").content.decode()
    assert last.count('scope="row"') == 20
    assert "reader-0@example.org" in last


def test_every_page_says_that_it_is_a_demo(client, hostile):
    for address in ("/demo", "/demo/worker", "/demo/mailbox", f"/demo/mailbox/{hostile.id}"):
        assert "its mail never leaves this machine" in client.get(address).content.decode()


@pytest.mark.parametrize("path", ["/demo", "/demo/", "/demo/mailbox", "/demo/worker"])
def test_nothing_is_there_when_this_is_no_demo_home(client, settings, demo_home, path):
    assert client.get(path).status_code == 200
    settings.HERALD_DEMO = False
    assert client.get(path).status_code == 404


def test_nothing_is_there_for_other_machines(client, demo_home):
    assert client.get("/demo", REMOTE_ADDR="192.0.2.1").status_code == 404
    assert client.get("/demo", REMOTE_ADDR="::1").status_code == 200


def test_a_message_that_is_not_there(client, mailbox):
    assert client.get("/demo/mailbox/12345").status_code == 404
    assert client.get("/demo/mailbox/12345/html").status_code == 404
