"""Numbers and times in the language that is spoken. Times are shown in UTC."""

from datetime import UTC, date, datetime
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal

from .languages import Language
from .speaking import spoken

_DAYS = {Language.ENGLISH: "d MMM y", Language.PORTUGUESE: "d 'de' MMMM 'de' y"}
_SHORT_DAYS = {Language.ENGLISH: "d MMM y", Language.PORTUGUESE: "dd/MM/y"}


def number(value: float) -> str:
    """`1,234` or `1.234`."""
    return _decimal(value, spoken())


def day(moment: datetime | None) -> str:
    """`22 Nov 2026`, `22 de novembro de 2026`; empty for None."""
    return _day(moment, _DAYS[spoken()]) if moment else ""


def short_day(moment: datetime) -> str:
    """For a column of days: `22 Nov 2026`, `22/11/2026`."""
    return _day(moment, _SHORT_DAYS[spoken()])


def day_and_time(moment: datetime) -> str:
    """`22 Nov 2026, 14:05 UTC`."""
    return f"{short_day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def _day(moment: datetime, pattern: str) -> str:
    return _formatted(moment.astimezone(UTC).date(), pattern, spoken())


@lru_cache(maxsize=1024)
def _decimal(value: float, language: Language) -> str:
    return format_decimal(value, locale=language)


@lru_cache(maxsize=4096)
def _formatted(day: date, pattern: str, language: Language) -> str:
    """A list repeats its days, and is shown again and again."""
    return format_date(day, pattern, locale=language)


def warm_up() -> None:
    """Read what the first visitor of each language would have to wait for."""
    for language in Language:
        format_date(date(2000, 1, 1), _DAYS[language], locale=language)
        format_decimal(1, locale=language)
