"""No page has words that are the same in every language by oversight."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
import reflex as rx

from sentineliq import config
from sentineliq.i18n import LANGUAGES, Language
from sentineliq.i18n.catalogue import translations
from sentineliq.pages import PAGES, Page, faults
from sentineliq.state import paths
from tests.i18n.extraction import Message, messages
from tests.pages.languages import texts, without_choices
from tests.pages.test_pages import every_part

SPOKEN = ("contents", "aria_label", "placeholder", "title", "alt", "aria_valuetext")
NAMES = {
    "SentinelIQ",
    "Stripe",
    "Hobby",
    "Pro",
    "10 GB",
    "PDF",
    "Northwind Observatory",
    "sam@northwind.example",
    *LANGUAGES.values(),
}
"""What nobody translates."""

CUSTOMERS_PAGES = [page for page in PAGES if not page.path.startswith(paths.STAFF)]
"""Staff read English."""


@pytest.fixture(autouse=True)
def _settings(settings: config.Settings) -> None:
    """Plans take their prices' ids from the settings."""


@cache
def pieces() -> frozenset[str]:
    """The words between the places of messages, in every language: they stand alone in a built page."""
    spoken = {say_in(language, text) for text in messages() for language in Language}
    return frozenset(piece.strip() for text in spoken if "{" in text for piece in re.split(r"\{\w+\}", text))


def say_in(language: Language, message: Message) -> str:
    return translations(language).gettext(message if isinstance(message, str) else message[0])


def said_alike(text: str) -> bool:
    """A message that happens to be the same in another language, such as `Status`."""
    return text in messages() and len({say_in(language, text) for language in Language}) < len(Language)


def literals(component: rx.Component) -> Iterator[str]:
    """The fixed words that the component shows or is called by, the same for every reader."""
    attributes = {name.replace("-", "_"): value for name, value in component.custom_attrs.items()}
    for name in SPOKEN:
        value = attributes.get(name, getattr(component, name, None))
        if value is not None:
            yield from texts(without_choices(str(rx.Var.create(value))))


def untranslated(page: rx.Component) -> set[str]:
    found = {text.strip() for part in every_part(page) for text in literals(part)}
    return {
        text for text in found - NAMES - pieces() if re.search("[A-Za-z]{2}", text) and not said_alike(text)
    }


@pytest.mark.parametrize(
    "shown", [page for page in PAGES if not page.path.startswith(paths.STAFF)], ids=lambda shown: shown.path
)
def test_a_page_says_nothing_in_english_alone(shown: Page) -> None:
    assert untranslated(shown.build()) == set()


def test_the_pages_of_faults_say_nothing_in_english_alone() -> None:
    assert untranslated(faults.not_found()) | untranslated(faults.broken()) == set()


def test_words_that_were_forgotten_are_found() -> None:
    forgotten = rx.el.div(rx.cond(rx.Var("x").bool(), rx.el.p("Log in", aria_label="So"), rx.fragment()))
    assert untranslated(forgotten) == {"Log in", "So"}
