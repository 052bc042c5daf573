"""Controls that narrow a list while one looks at it: each speaks at once, no button is pressed."""

from collections.abc import Callable, Mapping
from typing import Any

import reflex as rx

from .types import Words

_CONTROL = (
    "block w-full h-10 rounded-lg border border-control-line bg-surface px-3 text-sm text-ink "
    "hover:border-muted placeholder:text-faint transition-colors focus-visible:rounded-lg"
)

_FIRST, _LAST = "1970-01-01", "9999-12-31"


def choice(
    label: Words, *, name: str, options: Mapping[str, Words], value: Words, on_change: Any
) -> rx.Component:
    """One of the options, words by value."""
    return _labelled(
        label,
        name,
        rx.el.select(
            *[rx.el.option(words, value=each) for each, words in options.items()],
            id=name,
            value=value,
            on_change=on_change,
            class_name=_CONTROL,
        ),
    )


def day(
    label: Words, *, name: str, value: Words, version: Words, on_change: Callable[[rx.Var], Any]
) -> rx.Component:
    """The browser keeps what is typed, as of a `search`; a year that is half typed is not told."""
    return _labelled(
        label,
        name,
        rx.el.input(
            id=name,
            type="date",
            key=version,
            default_value=value,
            on_change=lambda typed: rx.cond((typed == "") | (typed >= _FIRST), on_change(typed), rx.noop()),
            min=_FIRST,
            max=_LAST,
            class_name=_CONTROL,
        ),
    )


def search(
    label: Words, *, name: str, value: Words, version: Words, on_change: Any, placeholder: Words = ""
) -> rx.Component:
    """The browser keeps what is typed; `value` is taken anew whenever `version` changes."""
    return _labelled(
        label,
        name,
        rx.el.input(
            id=name,
            type="search",
            key=version,
            default_value=value,
            on_change=on_change,
            placeholder=placeholder,
            max_length=200,
            class_name=_CONTROL,
        ),
    )


def _labelled(label: Words, name: str, control: rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="block mb-1.5 text-sm font-medium"), control
    )
