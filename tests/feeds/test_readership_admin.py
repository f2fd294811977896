"""The page of readers in the admin site."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from config import clock
from feeds import readership
from feeds.models import FeedDay
from feeds.tally import Tally
from tests.feeds.stories import NOW, newsroom, topic
from tests.staff import words

pytestmark = pytest.mark.django_db
URL = reverse("admin:feeds_feedday_changelist")
TODAY = NOW.date()
FEEDLY = "Feedly/1.0 ({} subscribers)"


@pytest.fixture(autouse=True)
def counted(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    newsroom()
    topic("borders", "Border <i>management</i>")
    tally = Tally()
    for back in range(40):
        day = TODAY - timedelta(days=back)
        for status in (200, 304, 304, 304):
            tally.count(day, "all", "atom", status, 1_000, FEEDLY.format(1_240 - back))
        tally.count(day, "topics/borders", "rss", 200, 500, "Feedbin feed-id:7 - 9 subscribers")
    tally.count(TODAY, "topics/gone", "atom", 429, 300, "")
    readership.add(tally.take())


def page(query="", client=None):
    if client is None:
        client = Client()
        client.force_login(User.objects.create_superuser("ada"))
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def table(html, heading):
    """Rows of the table with this heading, each a list of its cells' texts."""
    found = next(part for part in re.findall(r"<table.*?</table>", html, re.S) if heading in part)
    rows = re.findall(r"<tr>(.*?)</tr>", found, re.S)
    return [
        [words(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows
    ]


def test_a_month_of_all_feeds():
    html = page()
    said = words(html)
    assert "151 requests in 30 days" in said
    assert "90 requests" not in said
    assert "60 % of all requests were answered 304." in said
    assert "Asked to slow down (429)" in said
    assert "From 1,220 to 1,248." in said, "today is not over"
    assert 'aria-current="page">30 days' in html
    assert [row[:2] for row in table(html, "Reader</th>")[1:]] == [["Feedly", "1,239"], ["Feedbin", "9"]]
    feeds = table(html, "Feed</th>")[1:]
    assert [row[0] for row in feeds] == [
        "All releases all", "Border &lt;i&gt;management&lt;/i&gt; topics/borders", "topics/gone topics/gone",
    ]  # fmt: skip
    assert feeds[0][1:] == ["120", "75 %", "117.2 KB", "1,239"]


def test_the_charts_and_the_table_say_the_same():
    html = page("?days=7&feed=all")
    charts = re.findall(
        r'<svg viewBox="0 0 480 190" role="img" aria-label="([^"]+)" aria-describedby="([^"]+)"', html
    )
    assert [title for title, _ in charts] == [
        "Requests a day", "Share told that nothing is new", "Subscribers reported",
    ]  # fmt: skip
    assert all(f'id="{name}"' in html for _, name in charts)
    days = table(html, "Day (UTC)")[1:]
    assert len(days) == 7
    assert days[0] == ["17 Feb 2025", "4", "3", "0", "1", "0", "75 %", "3.9 KB", "1,240"]
    said = re.findall(r"<title>(\d+ \w+: \d+ requests, \d+ % 304)</title>", html)
    assert said[6] == "17 February: 4 requests, 75 % 304"
    assert html.count('class="chart-unchanged" x=') == html.count('class="chart-whole" x=') == 7


def test_one_feed_and_a_quarter_of_a_year():
    html = page("?days=90&feed=topics/borders")
    said = words(html)
    assert "40 requests in 90 days" in said
    assert 'value="topics/borders" selected' in html
    assert len(table(html, "Day (UTC)")) == 91
    assert "Feedly" not in said


@pytest.mark.parametrize(
    "query", ["?days=7&feed=none", "?days=x", "?days=-1&feed=%00<script>", "?feed=" + "x" * 5000]
)
def test_whatever_is_asked_for_is_a_page(query):
    html = page(query)
    assert "<script>" not in html.partition("<body")[2].replace("<script src", "")


def test_before_anybody_came():
    FeedDay.objects.all().delete()
    assert "0 requests in 30 days" in words(page())


def test_nothing_on_it_is_inline_or_from_elsewhere():
    ours = page().partition('<div class="readership">')[2].partition("</details>")[0]
    assert "style=" not in ours
    assert "<script" not in ours
    assert "http" not in ours
    assert " on" not in " ".join(re.findall(r"<[^>]*>", ours)).replace(' one"', "")


def test_only_who_may_view_it_sees_it():
    assert Client().get(URL).headers["Location"].startswith("/admin/login/")
    client = Client()
    client.force_login(User.objects.create_user("bob", is_staff=True))
    assert client.get(URL).status_code == 403
    User.objects.get(username="bob").user_permissions.add(Permission.objects.get(codename="view_feedday"))
    assert "Requests a day" in page(client=client)
    assert client.get(reverse("admin:feeds_feedday_add")).status_code == 403
