"""What a User-Agent reports, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.readers import READERS, report

SAID = [
    ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 37 subscribers; like FeedFetcher-Google)", "Feedly", 37, False),
    ("Feedly/1.0 (+https://feedly.com/poller.html; 1 subscriber; )", "Feedly", 1, False),
    (
        "Mozilla/5.0 (compatible; inoreader.com-like FeedFetcher-Google; 10 subscribers; feed-id=42)",
        "Inoreader", 10, True,
    ),
    ("Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 12 subscribers; )", "Inoreader", 12, False),
    (
        "NewsBlur Feed Fetcher - 5 subscribers - http://www.newsblur.com/site/8105/releases (Mozilla/5.0 Safari/605)",
        "NewsBlur", 5, True,
    ),
    ("Feedbin feed-id:1373711 - 9 subscribers", "Feedbin", 9, True),
    (
        "Mozilla/5.0 (compatible; theoldreader.com; 4 subscribers; feed-id=59d30eb4fea0e7d1e5000a54)",
        "The Old Reader", 4, True,
    ),
    ("Mozilla/5.0 (compatible; Bloglovin/1.0; http://www.bloglovin.com; 3 subscribers)", "Bloglovin", 3, False),
    ("Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 6 subscribers)", "BazQux", 6, False),
    (
        "Feedfetcher-Google; (+http://www.google.com/feedfetcher.html; 8 subscribers; feed-id=1794595805790851116)",
        "Google", 8, True,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "reader", "subscribers", "numbered"), SAID)
def test_online_readers_say_how_many_they_fetch_for(user_agent, reader, subscribers, numbered):
    told = report(user_agent)
    assert (told.reader, told.subscribers, told.variant != 0) == (reader, subscribers, numbered)


@pytest.mark.parametrize(
    "user_agent",
    [
        "", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "FeedlyBot/1.0 (http://feedly.com)",
        "Ada's Reader (ada@example.org; 3 subscribers)", "curl/8.5 12 subscribers", "Feedly/1.0 (0 subscribers)",
        "Feedly/1.0 (-7 subscribers)", "Feedly/1.0 (1.5 subscribers)", "Feedly/1.0 (1,500 subscribers)",
        "Feedly/1.0 (999999999 subscribers)", "Feedly/1.0 (3 subscribers; 4 subscribers)", "Feedly (many subscribers)",
        "Feedly/37 subscribersx", "x" * 600 + "Feedly/1.0 (3 subscribers)",
    ],
)  # fmt: skip
def test_who_reports_nothing_or_is_not_known_is_not_counted(user_agent):
    assert report(user_agent) is None


def test_a_readers_numbers_of_a_feed_are_told_apart_and_nothing_of_them_is_kept():
    one, other = (report(f"Feedly/1.0 (5 subscribers; feed-id={number})") for number in ("ada", "bob"))
    assert one.variant != other.variant
    assert all(0 < told.variant < 2**32 for told in (one, other))
    assert report("Feedly/1.0 (9 subscribers; feed-id=ada)").variant == one.variant


@given(st.text() | st.from_regex(r"(Feedly|x)[ -~]{0,9}[0-9]{0,12} subscribers?[ -~]{0,9}", fullmatch=True))
def test_no_user_agent_is_too_odd_and_only_known_names_come_out(user_agent):
    told = report(user_agent)
    assert told is None or (told.reader in READERS and told.subscribers > 0)
