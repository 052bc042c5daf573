"""On or off, at once."""

from typing import Any

import reflex as rx

from .types import Flag, Words

_SHAPE = (
    "appearance-none relative block mx-auto w-9 h-5 rounded-full cursor-pointer transition-colors "
    "bg-control-line checked:bg-accent disabled:opacity-55 disabled:cursor-not-allowed "
    "before:content-[''] before:absolute before:top-0.5 before:left-0.5 before:size-4 before:rounded-full "
    "before:bg-white before:transition-transform checked:before:translate-x-4 focus-visible:rounded-full"
)


def switch(*, label: Words, name: Words, checked: Flag, on_change: Any, enabled: Flag = True) -> rx.Component:
    """A switch whose label only screen readers see: where it stands says what it is about."""
    return rx.fragment(
        rx.el.label(label, html_for=name, class_name="sr-only"),
        rx.el.input(
            id=name,
            type="checkbox",
            role="switch",
            checked=checked,
            disabled=~rx.Var.create(enabled).bool(),
            on_change=on_change,
            class_name=_SHAPE,
        ),
    )
