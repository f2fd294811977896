"""What attackers write as titles, summaries, texts and names, shown to a real browser: pages, mail and the admin site.

The policy that forbids scripts is switched off here: what is written must be harmless by itself.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from feeds.models import Standing
from notifier.models import Dispatch, Edition
from tests import faulty_urls
from tests.feeds.stories import NOW, TODAY, newsroom, office, settle, topic, write
from tests.notifier.reading import message

PAYLOADS = json.loads((Path(__file__).parents[2] / "feeds" / "intake" / "payloads.json").read_text("utf-8"))
AT_ONCE = 64
# Whatever a payload calls to show that it runs, and everything it could hang on to be run later.
WATCH = """
  window.__ran = [];
  for (const name of ["alert", "confirm", "prompt", "print"])
    window[name] = (...said) => { window.__ran.push(`${name}(${said})`); };
"""
DANGERS = """() => [
  ...window.__ran,
  ...[...document.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes]
      .filter((it) => /^(on|srcdoc$)/i.test(it.name)
        || /^(href|src|action|formaction|xlink:href|data|poster)$/i.test(it.name)
          && /^\\s*(javascript|vbscript|data):/i.test(it.value))
      .map((it) => `<${element.localName} ${it.name}="${it.value.slice(0, 80)}">`)),
]"""


@pytest.fixture
def attacked(db: None, at: object) -> list[str]:
    """A newsroom in which everything is a payload; the keys of its releases."""
    texts = [one.replace("\x00", "") for one in PAYLOADS]
    newsroom(name=texts[0][:200], publisher=texts[1][:200], description=texts[2], home_url=texts[3][:500])
    for number, start in enumerate(range(0, len(texts), AT_ONCE)):
        some = "\n".join(texts[start : start + AT_ONCE])
        named = [one[:300] for one in texts[start : start + AT_ONCE]]
        terms = [office(f"o{start + n}", one) for n, one in enumerate(named[::2])]
        terms += [topic(f"t{start + n}", one) for n, one in enumerate(named[1::2])]
        write(
            some,
            TODAY,
            tuple(terms),
            summary=some,
            body=some,
            author=some,
            editors_note=some,
            url=texts[number],
        )
    settle()
    return list(Standing.objects.values_list("key", flat=True))


def mail(keys: list[str]) -> dict[str, str]:
    """A message about each of the releases, by the path at which the browser finds it."""
    found = {}
    for pk in Standing.objects.filter(key__in=keys).values_list("pk", flat=True):
        dispatch = Dispatch.objects.create(lane=Dispatch.Lane.DIGEST, made_at=NOW, state=Dispatch.State.READY)
        content = [{"release": pk, "because": []}]
        Edition.objects.create(dispatch=dispatch, layout="digest", language="en", digest="x", content=content)
        found[f"/mail/{pk}"] = message(dispatch).html
    return found


@pytest.mark.holds("S5")
@pytest.mark.urls("tests.faulty_urls")
def test_nothing_that_came_from_outside_runs_in_a_browser(site, attacked, monkeypatch):
    assert len(PAYLOADS) > 500
    messages = mail(attacked)
    monkeypatch.setattr(faulty_urls, "MAIL", messages)
    lists = [
        "/",
        "/?topic=t0&office=o0",
        "/offices/",
        "/topics/",
        "/feeds/",
        "/feeds/all",
        "/live",
        "/offices/o0",
        "/nothing",
    ]
    staff = Client()
    staff.force_login(User.objects.create_superuser("root", password="x"))
    admin = [
        "/admin/feeds/release/",
        "/admin/feeds/office/",
        "/admin/feeds/topic/",
        "/admin/feeds/newsroom/1/change/",
    ]
    session = {
        "name": settings.SESSION_COOKIE_NAME,
        "value": staff.cookies[settings.SESSION_COOKIE_NAME].value,
    }
    wrong = []
    with site.window(scripts=True, bypass_csp=True) as window:
        elsewhere: list[str] = []
        window.do(lambda page: prepared(page, site.url, session, elsewhere))
        for path in [*lists, *(f"/releases/{key}" for key in attacked), *messages, *admin]:
            assert window.open(path) in {200, 404}, path
            wrong += [f"{path}: {danger}" for danger in window.do(lambda page: page.evaluate(DANGERS))]
    assert wrong == []
    assert elsewhere == [], "something was fetched that a payload named"


def prepared(page, url, session, elsewhere):
    page.add_init_script(WATCH)
    page.context.add_cookies([{**session, "url": url}])
    page.on("dialog", lambda dialog: (elsewhere.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: asked.url.startswith(url) or elsewhere.append(asked.url))
