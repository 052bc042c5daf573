"""Choosing between the prices of a month and of a year."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from ..i18n import mark
from .types import Flag
from .words import t


def interval_switch(*, yearly: Flag, on_choice: Callable[[bool], Any]) -> rx.Component:
    """Two buttons of which one is pressed; `on_choice` is told whether it is the year."""
    return rx.el.div(
        *[
            _side(words, pressed=rx.Var.create(yearly) == is_yearly, on_click=on_choice(is_yearly))
            for words, is_yearly in _SIDES
        ],
        role="group",
        aria_label=t("Billing period"),
        class_name="inline-flex gap-1 p-1 rounded-lg bg-sunken",
    )


_SIDES = ((mark("Monthly"), False), (mark("Yearly"), True))


def _side(words: str, *, pressed: rx.Var, on_click: Any) -> rx.Component:
    shape = "h-8 px-3 rounded-md text-sm font-medium"
    return rx.el.button(
        t(words),
        type="button",
        aria_pressed=pressed,
        on_click=on_click,
        class_name=rx.cond(pressed, f"{shape} bg-surface shadow-card", f"{shape} text-muted hover:text-ink"),
    )
