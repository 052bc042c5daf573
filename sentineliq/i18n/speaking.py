"""The language of the one who is being answered, for the length of an event or a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .languages import Language

_spoken = ContextVar("spoken", default=Language.ENGLISH)


def spoken() -> Language:
    """English where nobody is being answered, as in jobs and webhooks."""
    return _spoken.get()


def speak(language: Language) -> None:
    """From now on in this task, and in those that it starts."""
    _spoken.set(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Inside the block."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)
