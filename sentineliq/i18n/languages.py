"""The languages that the product speaks, and which of them someone reads."""

from enum import StrEnum
from http.cookies import CookieError, SimpleCookie

COOKIE = "language"
"""Holds what was chosen in this browser."""


class Language(StrEnum):
    """The value is Babel's name of the locale. The first is the one of the sources."""

    ENGLISH = "en"
    PORTUGUESE = "pt_BR"

    @property
    def tag(self) -> str:
        """As HTML and HTTP write it: `pt-BR`."""
        return self.value.replace("_", "-")


LANGUAGES: dict[Language, str] = {Language.ENGLISH: "English", Language.PORTUGUESE: "Português"}
"""Each under its own name, as a reader looks for it."""


def choose(*, stored: str | None = None, cookie_header: str = "", accept_language: str = "") -> Language:
    """What the person has chosen, else what was chosen in this browser, else what the browser asks for."""
    return (
        language_of(stored) or language_of(_chosen_here(cookie_header)) or _asked_for(accept_language)
    ) or Language.ENGLISH


def language_of(name: str | None) -> Language | None:
    """The language of a locale's name; None for one that the product does not speak."""
    return Language(name) if name in set(Language) else None


def _chosen_here(cookie_header: str) -> str | None:
    try:
        chosen = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return None
    return chosen.value if chosen else None


def _asked_for(accept_language: str) -> Language | None:
    """https://www.rfc-editor.org/rfc/rfc9110#field.accept-language: any Portuguese is served by ours."""
    wishes = [_wish(part) for part in accept_language.split(",")[:20]]
    for _, name in sorted((wish for wish in wishes if wish[0] > 0), key=lambda wish: -wish[0]):
        for language in Language:
            if name.partition("-")[0] == language.partition("_")[0]:
                return language
    return None


def _wish(part: str) -> tuple[float, str]:
    name, _, quality = part.strip().lower().partition(";q=")
    try:
        return (float(quality or 1), name)
    except ValueError:
        return (0, name)
