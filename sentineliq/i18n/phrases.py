"""Saying messages: the English text is the key, `{names}` in it stand for values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..money import format_money
from .catalogue import translations
from .formats import day, number
from .speaking import spoken


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in Stripe's minor units of `currency`."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return format_money(self.amount, self.currency, spoken())


def mark(text: str) -> str:
    """The text itself: it is said later, and must be in the catalogues."""
    return text


def say(text: str, **values: object) -> str:
    """The message in the language that is spoken."""
    return _filled(translations(spoken()).gettext(text), values)


def say_plural(one: str, many: str, *, count: int, **values: object) -> str:
    """As `say`, by the number of things; `{count}` in the message is that number."""
    chosen = translations(spoken()).ngettext(one, many, count)
    return _filled(chosen, {"count": count, **values})


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message to be said later, to several people, each in their own language.

    Values are text, which stays as it is, numbers, money, moments, of which the day is said, and phrases.
    """

    text: str
    values: Mapping[str, object] = field(default_factory=dict[str, object])

    def __str__(self) -> str:
        return say(self.text, **self.values)


def kept(value: object) -> Any:
    """A value of a phrase, or a phrase, as JSON holds it."""
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, datetime):
        return {"day_of": value.isoformat()}
    if isinstance(value, Phrase):
        return {"text": value.text, "values": {name: kept(each) for name, each in value.values.items()}}
    return value


def told(stored: Any) -> str:
    """What `kept` has kept, in the language that is spoken."""
    return _shown(_restored(stored))


def _restored(stored: Any) -> object:
    match stored:
        case {"amount": int(amount), "currency": str(currency)}:
            return Money(amount, currency)
        case {"day_of": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"text": str(text), "values": dict(values)}:
            return Phrase(text, {str(name): _restored(value) for name, value in values.items()})
        case _:
            return stored


def _filled(text: str, values: Mapping[str, object]) -> str:
    if not values:
        return text
    return text.format(**{name: _shown(value) for name, value in values.items()})


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return day(value)
    return number(value) if isinstance(value, int) else str(value)
