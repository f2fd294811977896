"""Countries and regions by all the names that people type: those of CLDR in each language, and others in use. Pure.

A region is the slug an office carries (`central-asia`), or a region of the United Nations (M49) that its country lies
in, which needs no setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from babel import Locale

LANGUAGES = ("en", "fr", "de", "it", "ru", "es")

_REGION_CODES = {
    "central-asia": "143", "eastern-europe": "151", "southern-europe": "039", "western-europe": "155",
    "northern-europe": "154", "western-asia": "145", "europe": "150", "asia": "142",
}  # fmt: skip
# M49, with the neighbours of the area: code of the region -> countries.
_CONTAINED = {
    "143": "KZ KG TJ TM UZ",
    "145": "AM AZ CY GE TR",
    "030": "MN",
    "151": "BY BG CZ HU MD PL RO RU SK UA",
    "039": "AL AD BA ES GR HR IT ME MK MT PT RS SI SM VA XK",
    "154": "DK EE FI GB IE IS LT LV NO SE",
    "155": "AT BE CH DE FR LI LU MC NL",
    "021": "CA US",
}
# Regions that CLDR has no name for, in the order of LANGUAGES.
_REGION_NAMES = {
    "south-eastern-europe": (
        "South-Eastern Europe", "Europe du Sud-Est", "Südosteuropa", "Europa sudorientale",
        "Юго-Восточная Европа", "Europa Sudoriental",
    ),
    "south-caucasus": (
        "South Caucasus", "Caucase du Sud", "Südkaukasus", "Caucaso meridionale", "Южный Кавказ", "Cáucaso Sur",
    ),
}  # fmt: skip
_REGION_ALIASES = {
    "central-asia": ("Middle Asia", "Mittelasien", "Средняя Азия", "Asie moyenne", "Turkestan"),
    "south-eastern-europe": (
        "Balkans", "Western Balkans", "Balkan", "Westbalkan", "Balcani", "Balcanes", "Балканы",
        "Southeast Europe", "Europa del Sud-Est", "Sureste de Europa", "Sudeste europeo",
    ),
    "south-caucasus": ("Caucasus", "Transcaucasia", "Kaukasus", "Transkaukasien", "Кавказ", "Закавказье"),
    "eastern-europe": ("East Europe", "Osteuropa", "Europa orientale", "Europa del Este"),
}  # fmt: skip
_COUNTRY_ALIASES = {
    "AL": ("Shqipëria",),
    "AM": ("Hayastan",),
    "AZ": ("Azerbaidjan", "Aserbeidschan"),
    "BA": ("Bosna i Hercegovina", "Bosnien", "BiH", "БиГ"),
    "BY": ("Belorussia", "Byelorussia", "Belorussland", "Weißrussland", "Biélorussie", "Белоруссия", "Беларусь"),
    "CZ": ("Czech Republic", "Tschechische Republik", "République tchèque", "Чешская Республика"),
    "GE": ("Sakartvelo", "Grusinien"),
    "GB": ("Britain", "England", "UK", "Großbritannien", "Grande-Bretagne", "Великобритания"),
    "HR": ("Hrvatska",),
    "KG": (
        "Kirgistan", "Kirgisien", "Kirghizia", "Kirghizistan", "Kirghizie", "Kirghisia", "Kirguistán",
        "Kyrgyz Republic", "Kirgisische Republik", "Кыргызстан", "Киргизстан", "Киргизия",
        "Кыргызская Республика",
    ),
    "KZ": ("Kasachstan", "Kazakstan", "Qazaqstan", "Kazajstán"),
    "MD": ("Moldavia", "Moldavie", "Moldawien", "Молдавия", "Молдова", "Republic of Moldova"),
    "ME": ("Crna Gora", "Montenegro"),
    "MK": ("Macedonia", "Mazedonien", "Macédoine", "Македония", "FYROM"),
    "NL": ("Holland", "Hollande", "Olanda", "Голландия"),
    "RS": ("Srbija",),
    "RU": ("Russian Federation", "Russische Föderation", "Fédération de Russie", "Российская Федерация"),
    "TJ": ("Tadschikistan", "Tadzhikistan", "Tadjikistan", "Tojikiston", "Тоджикистон"),
    "TM": ("Turkmenia", "Turkmenien", "Turkménie", "Туркмения", "Туркменистан"),
    "TR": ("Turkey", "Türkei", "Turquie", "Турция", "Turquía", "Turchia"),
    "UA": ("Ukrajina", "The Ukraine"),
    "US": ("USA", "America", "США"),
    "UZ": ("Usbekistan", "Ouzbékistan", "Özbekiston", "Oʻzbekiston"),
    "XK": ("Kosova", "Косово", "Kosovo"),
}  # fmt: skip


@lru_cache(maxsize=1000)
def country_names(code: str) -> dict[str, str]:
    """By language, what the country `code` (ISO 3166-1, XK) is called; empty for one that is unknown."""
    return _territory(code.upper())


@lru_cache(maxsize=1000)
def region_names(region: str) -> dict[str, str]:
    """By language, what a region is called, given as an office's slug or as a code of M49. A slug without a name in
    any table is read as English words.
    """
    own = _REGION_NAMES.get(region)
    if own:
        return dict(zip(LANGUAGES, own, strict=True))
    return _territory(_REGION_CODES.get(region, region)) or {"en": region.replace("-", " ").title()}


def country_aliases(code: str) -> tuple[str, ...]:
    """Other names of a country, of whatever language and time."""
    return _COUNTRY_ALIASES.get(code.upper(), ())


def region_aliases(region: str) -> tuple[str, ...]:
    return _REGION_ALIASES.get(region, ())


def regions_of(country: str, region: str) -> Iterator[str]:
    """The regions that an office lies in: the one it carries, and those of M49 its country is in."""
    if region:
        yield region
    own = _REGION_CODES.get(region)
    for code, countries in _CONTAINED.items():
        if country.upper() in countries.split() and code != own:
            yield code


def _territory(code: str) -> dict[str, str]:
    names = {language: Locale(language).territories.get(code) for language in LANGUAGES}
    return {language: name for language, name in names.items() if name}
