"""When a server may be asked again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web.caching import LONGEST, fresh_until, http_date, retry_after

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("value", "at"),
    [
        ("120", after(120)),
        (" 007 ", after(7)),
        ("86400", after(86400)),
        ("86401", after(86400)),
        ("9" * 5000, after(86400)),
        ("Sun, 01 Mar 2026 12:00:30 GMT", after(30)),
        ("Sunday, 01-Mar-26 12:00:30 GMT", after(30)),
        ("Sun Mar  1 12:00:30 2026", after(30)),
        ("Sun, 01 Mar 2026 14:00:30 +0200", after(30)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", after(86400)),
        ("Sun, 01 Mar 2026 11:59:59 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("1e9", None),
        ("٣", None),
        ("soon", None),
        ("", None),
        ("Sun, 99 Mar 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after(value, at):
    assert retry_after(value, NOW) == at


@given(st.one_of(st.text(), st.from_regex(r"[0-9A-Za-z,:+ -]{0,40}"), st.integers().map(str)))
def test_retry_after_never_raises_and_never_leads_far(value):
    at = retry_after(value, NOW)
    assert at is None or NOW < at <= NOW + LONGEST
    fresh_until({"cache-control": value, "expires": value, "age": value, "date": value}, NOW)


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC, microsecond=0)
    )
)
def test_every_date_in_its_usual_form_is_read(at):
    assert http_date(f"{at:%a, %d %b} {at.year:04d} {at:%H:%M:%S} GMT") == at


@pytest.mark.parametrize(
    ("headers", "at"),
    [
        ({"cache-control": "max-age=600"}, after(600)),
        ({"cache-control": "public, MAX-AGE = 600, must-revalidate"}, after(600)),
        ({"cache-control": 'private="set-cookie", max-age="600"'}, after(600)),
        ({"cache-control": "max-age=600", "age": "200"}, after(400)),
        ({"cache-control": "max-age=600", "age": "900"}, None),
        ({"cache-control": "max-age=600", "age": "x"}, after(600)),
        ({"cache-control": "max-age=31536000"}, after(86400)),
        ({"cache-control": "max-age=600, no-cache"}, None),
        ({"cache-control": "no-store", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, None),
        ({"cache-control": "max-age=x", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, None),
        ({"cache-control": "max-age=0"}, None),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, after(3600)),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "date": "Sun, 01 Mar 2026 12:30:00 GMT"}, after(1800)),
        ({"expires": "0"}, None),
        ({}, None),
    ],
)
def test_freshness(headers, at):
    assert fresh_until(headers, NOW) == at
