"""The time zones, hours and weekdays that forms offer."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import get_day_names

from notifier.windows import LAST

ZONES = (
    "Pacific/Honolulu", "America/Anchorage", "America/Los_Angeles", "America/Denver", "America/Mexico_City",
    "America/Chicago", "America/Bogota", "America/Lima", "America/New_York", "America/Toronto",
    "America/Caracas", "America/Santiago", "America/Halifax", "America/Sao_Paulo",
    "America/Argentina/Buenos_Aires", "America/St_Johns", "Atlantic/Azores", "Atlantic/Reykjavik",
    "Africa/Dakar", "Africa/Casablanca", "Europe/Dublin", "Europe/Lisbon", "Europe/London", "Africa/Lagos",
    "Africa/Tunis", "Europe/Amsterdam", "Europe/Andorra", "Europe/Belgrade", "Europe/Berlin",
    "Europe/Bratislava", "Europe/Brussels", "Europe/Budapest", "Europe/Copenhagen", "Europe/Ljubljana",
    "Europe/Luxembourg", "Europe/Madrid", "Europe/Malta", "Europe/Oslo", "Europe/Paris", "Europe/Podgorica",
    "Europe/Prague", "Europe/Rome", "Europe/Sarajevo", "Europe/Skopje", "Europe/Stockholm", "Europe/Tirane",
    "Europe/Vienna", "Europe/Warsaw", "Europe/Zagreb", "Europe/Zurich", "Africa/Cairo",
    "Africa/Johannesburg", "Asia/Beirut", "Asia/Jerusalem", "Asia/Nicosia", "Europe/Athens",
    "Europe/Bucharest", "Europe/Chisinau", "Europe/Helsinki", "Europe/Kyiv", "Europe/Riga", "Europe/Sofia",
    "Europe/Tallinn", "Europe/Vilnius", "Africa/Nairobi", "Asia/Baghdad", "Asia/Riyadh", "Europe/Istanbul",
    "Europe/Minsk", "Europe/Moscow", "Asia/Tehran", "Asia/Baku", "Asia/Dubai", "Asia/Tbilisi",
    "Asia/Yerevan", "Asia/Kabul", "Asia/Almaty", "Asia/Ashgabat", "Asia/Dushanbe", "Asia/Karachi",
    "Asia/Tashkent", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Bishkek", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Jakarta", "Asia/Hong_Kong", "Asia/Manila", "Asia/Shanghai", "Asia/Singapore", "Asia/Ulaanbaatar",
    "Australia/Perth", "Asia/Seoul", "Asia/Tokyo", "Australia/Brisbane", "Australia/Sydney",
    "Pacific/Auckland",
)  # fmt: skip

# Names under which Unicode's locale data knows these cities.
_KNOWN_AS = {
    "America/Argentina/Buenos_Aires": "America/Buenos_Aires",
    "Asia/Kathmandu": "Asia/Katmandu",
    "Asia/Kolkata": "Asia/Calcutta",
    "Europe/Kyiv": "Europe/Kiev",
}

HOURS = tuple(hour * 60 for hour in range(24))
MONTHDAYS = tuple(str(day) for day in (*range(1, 29), LAST))


def zone_options(also: str, locale: str, now: datetime) -> list[tuple[str, str]]:
    """(IANA name, "Vienna (UTC+1)"), sorted by city in the language of `locale`. `also` is always among them."""
    return _options(also, locale, now.replace(minute=now.minute // 15 * 15, second=0, microsecond=0))


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The zones this machine knows; a form may name any of them."""
    return frozenset(available_timezones())


def weekday_options(locale: str) -> list[tuple[str, str]]:
    """(ISO weekday, its name), Monday first."""
    names = get_day_names("wide", "stand-alone", locale)
    return [(str(day + 1), names[day].capitalize()) for day in range(7)]


def weekday_names(weekdays: str, locale: str) -> list[str]:
    """ "Mon", "Tue" of "12" """
    names = get_day_names("abbreviated", "stand-alone", locale)
    return [names[int(day) - 1] for day in weekdays]


@lru_cache(maxsize=64)
def _options(also: str, locale: str, quarter: datetime) -> list[tuple[str, str]]:
    """Worked out once in a quarter of an hour: no clock is put forward at any other minute."""
    options = [(name, _label(name, locale, quarter)) for name in {*ZONES, also}]
    return sorted(options, key=lambda option: option[1])


def _label(name: str, locale: str, now: datetime) -> str:
    offset = now.astimezone(ZoneInfo(name)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    sign, hours, rest = "-" if minutes < 0 else "+", *divmod(abs(minutes), 60)
    shift = f"UTC{sign}{hours}{f':{rest:02}' if rest else ''}" if minutes else "UTC"
    return f"{city(name, locale)} ({shift})" if name != "UTC" else "UTC"


@lru_cache(maxsize=2048)
def city(name: str, locale: str) -> str:
    """The city after which a zone is named, in the language of `locale`."""
    facts = Locale.parse(locale).time_zones.get(_KNOWN_AS.get(name, name), {})
    found = facts.get("city") or name.rpartition("/")[2].replace("_", " ")
    return str(found).replace("\u00ad", "")
