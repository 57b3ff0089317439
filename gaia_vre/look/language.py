"""Pages in French and English: texts from the gettext catalogs, times and numbers as each language writes them.

English texts are the keys. Catalogs are compiled when they are first used, so that no binary can be older than
its source. `make texts` brings the catalogs in step with the sources.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_time, get_timezone
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

if TYPE_CHECKING:
    from datetime import datetime

LANGUAGES = {"en": "English", "fr": "Français"}
LANGUAGE_COOKIE = "gaia-language"
CATALOGS = Path(__file__).parent / "locale"
_LOCALES = {"en": "en_GB", "fr": "fr_FR"}


@dataclass(frozen=True)
class Language:
    """One language of the pages."""

    code: str

    @property
    def other(self) -> str:
        return next(code for code in LANGUAGES if code != self.code)

    def text(self, english: str, **values: str) -> str:
        """Return the text in this language, its gaps filled; the English one is the key."""
        text = str(_texts(self.code).gettext(english)) if english else ""
        return text.format(**values) if values else text

    def count(self, value: float, one: str, many: str) -> str:
        """Return the number and what it counts, as "1.5 cores"."""
        return f"{self.number(value)}\u00a0{self.plural(value, one, many)}"

    def plural(self, value: float, one: str, many: str) -> str:
        """Return what is counted, in the form of the number; French counts 0 and 1.5 as one."""
        # Catalogs know whole numbers only: which form a fraction takes, the language's own rule says.
        form = 1 if _locale(self.code).plural_form(abs(value)) == "one" else 2
        return str(_texts(self.code).ngettext(one, many, form))

    def number(self, value: float) -> str:
        return format_decimal(value, format="#,##0.##", locale=_locale(self.code))

    def when(self, time: datetime, now: datetime, zone: str) -> str:
        """Return the time of day, with the date when it is not today: *10:30*, *22 Nov 10:30*."""
        day, clock = self._parts(time, now, zone)
        if not day:
            return clock
        return f"le {day} {clock}" if self.code == "fr" else f"{day} {clock}"

    def at(self, time: datetime, now: datetime, zone: str) -> str:
        """Return the same in a sentence: *at 10:30*, *on 22 Nov at 10:30*."""
        day, clock = self._parts(time, now, zone)
        if self.code == "fr":
            return f"le {day} à {clock}" if day else f"à {clock}"
        return f"on {day} at {clock}" if day else f"at {clock}"

    def _parts(self, time: datetime, now: datetime, zone: str) -> tuple[str, str]:
        local, today = time.astimezone(get_timezone(zone)), now.astimezone(get_timezone(zone))
        pattern = "H\u00a0'h'\u00a0mm" if self.code == "fr" else "HH:mm"
        clock = format_time(local, pattern, locale=_locale(self.code))
        if local.date() == today.date():
            return "", clock
        written = "d\u00a0MMM" if local.year == today.year else "d\u00a0MMM\u00a0yyyy"
        return format_date(local, written, locale=_locale(self.code)), clock

    def day(self, now: datetime, zone: str) -> str:
        """Return the day in words, as *Tuesday 24 November*."""
        return format_date(now.astimezone(get_timezone(zone)), "EEEE d MMMM", locale=_locale(self.code))


def choose_language(cookie: str | None, accepted: str) -> Language:
    """Return the language that was switched to, else the browser's first that we have, else English."""
    if cookie in LANGUAGES:
        return Language(cookie)
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")[:20]]
    found = negotiate_locale([word.split("_")[0].lower() for word in wanted if word], list(LANGUAGES))
    return Language(found or "en")


@cache
def _texts(code: str) -> NullTranslations:
    path = CATALOGS / code / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(_LOCALES[code])
