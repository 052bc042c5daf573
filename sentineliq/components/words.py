"""The words of pages: in every language when a page is built, in the reader's when it is shown."""

import re
from collections.abc import Callable
from typing import TypeVar

import reflex as rx

from ..i18n import Language, say, speaking
from ..state.session import SessionState
from .types import Child, Words

Made = TypeVar("Made")

_DOCUMENT_LANGUAGE = rx.Var("(typeof document === 'undefined' ? '' : document.documentElement.lang)").to(str)
_PLACE = re.compile(r"\{(\w+)\}")


def t(text: str, **values: Words) -> Words:
    """A message of the catalogues, with values of the state in its `{places}`."""
    return by_language(lambda: _joined(say(text), values))


def of_document(text: str) -> Words:
    """As `t`, where there may be no state to ask: the document says its language."""
    made = _in_each(lambda: say(text))
    shown: Words = made.pop(Language.ENGLISH)
    for language, words in made.items():
        shown = rx.cond(language.tag == _DOCUMENT_LANGUAGE, words, shown)
    return shown


def by_language(make: Callable[[], Words]) -> Words:
    """What is made anew for each language; just the thing itself where it is the same in all."""
    made = _in_each(make)
    english = made.pop(Language.ENGLISH)
    shown = english
    for language, words in made.items():
        if not _same(words, english):
            shown = rx.cond(SessionState.language == language.value, words, shown)
    return shown


def sentence(text: str, **parts: Child) -> rx.Component:
    """As `t`, where links or other components stand in the message's `{places}`."""
    made = _in_each(lambda: rx.fragment(*_pieces(say(text), parts)))
    shown = made.pop(Language.ENGLISH)
    for language, words in made.items():
        shown = rx.cond(SessionState.language == language.value, words, shown)
    return rx.fragment(shown)


def _in_each(make: Callable[[], Made]) -> dict[Language, Made]:
    made: dict[Language, Made] = {}
    for language in Language:
        with speaking(language):
            made[language] = make()
    return made


def _pieces(text: str, parts: dict[str, Made]) -> list[Made | str]:
    """The text cut at its places, with what belongs there."""
    cut = _PLACE.split(text)
    return [parts[piece] if index % 2 else piece for index, piece in enumerate(cut) if piece]


def _joined(text: str, values: dict[str, Words]) -> Words:
    if not values:
        return text
    joined = rx.Var.create("").to(str)
    for piece in _pieces(text, values):
        joined = joined + rx.Var.create(piece).to(str)
    return joined


def _same(one: Words, other: Words) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one == other
