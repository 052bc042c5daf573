"""What a letter is made of, and how it reads its context."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date

from ...i18n import say
from ...money import format_money

PRODUCT = "SentinelIQ"


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table; `url` makes its value a link."""

    label: str
    value: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail's words: plain text, nothing escaped. `footer` is empty for the usual one of billing."""

    subject: str
    preheader: str
    title: str
    paragraphs: tuple[str, ...]
    button: str
    link: str
    facts: tuple[Fact, ...] = ()
    footer: str = ""
    spell_out_link: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A mail's context, with its figures as the workspace's locale writes them.

    Raises `KeyError` for a value that the context lacks.
    """

    context: Mapping[str, Any]
    locale: str

    def __getitem__(self, name: str) -> Any:
        return self.context[name]

    @property
    def workspace(self) -> str:
        return self["workspace_name"]

    @property
    def plan(self) -> str:
        return say(self["plan_name"])

    @property
    def amount(self) -> str:
        return format_money(self["amount"], self["currency"], self.locale)

    def day(self, name: str) -> str:
        """`December 1, 2026`, in UTC; empty where there is none."""
        moment = self[name]
        if moment is None:
            return ""
        return format_date(datetime.fromisoformat(moment).astimezone(UTC), "long", locale=self.locale)
