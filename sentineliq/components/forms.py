"""Fields of forms."""

from typing import Literal

import reflex as rx

from ..state.one_shot import COUNT
from .effects import effect
from .icons import icon
from .types import Words

_INPUT = (
    "block w-full h-11 rounded-lg border bg-surface px-3.5 text-base text-ink placeholder:text-faint "
    "transition-colors focus-visible:outline-offset-0 focus-visible:rounded-lg "
)
_FOCUS = "if (VALUE) document.getElementById('{name}')?.focus();"
_EMPTY = "if (VALUE) document.getElementById('{name}')?.reset();"


def field(
    *,
    label: Words,
    name: str,
    kind: Literal["email", "password", "text", "date"],
    autocomplete: str,
    fault: Words = "",
    typed: Words = "",
    hint: Words = "",
    beside_label: rx.Component | None = None,
) -> rx.Component:
    """A labelled input. `fault` shows below it, is read with it and calls the focus to it; `typed` is what a
    returned form held."""
    broken = rx.Var.create(fault).to(str) != ""
    return rx.el.div(
        rx.el.div(
            rx.el.label(label, html_for=name, class_name="text-sm font-medium"),
            beside_label or rx.fragment(),
            class_name="flex items-baseline justify-between mb-1.5 text-sm",
        ),
        rx.el.input(
            id=name,
            name=name,
            type=kind,
            auto_complete=autocomplete,
            required=True,
            default_value=typed,
            # an uncontrolled field takes its value only when it is made
            key=rx.Var.create(typed).to(str),
            aria_invalid=broken,
            aria_describedby=f"{name}-note",
            class_name=rx.cond(
                broken, f"{_INPUT} border-bad", f"{_INPUT} border-control-line hover:border-muted"
            ),
        ),
        rx.el.p(
            rx.cond(broken, fault_message(fault), rx.el.span(hint, class_name="text-faint")),
            id=f"{name}-note",
            class_name="mt-1.5 text-sm",
        ),
        effect(_FOCUS.format(name=name), of=rx.Var.create(fault).to(str)),
    )


def choice(*options: rx.Component, label: Words, name: str) -> rx.Component:
    """A labelled choice of one of the `rx.el.option`s."""
    return rx.el.div(
        rx.el.label(label, html_for=name, class_name="block mb-1.5 text-sm font-medium"),
        rx.el.select(
            *options, id=name, name=name, class_name=f"{_INPUT} border-control-line hover:border-muted"
        ),
    )


def emptied(form: str, *, count: rx.Var) -> rx.Component:
    """Empties the form of that id whenever the count of its successes has grown."""
    return effect(_EMPTY.format(name=form), of=count)


def sent_once(count: rx.Var | int) -> rx.Component:
    """What makes a form's second press none: its handler asks `was_sent_before` with the same `count`."""
    return rx.el.input(type="hidden", name=COUNT, value=rx.Var.create(count).to_string())


def fault_message(text: Words) -> rx.Component:
    """Why a form, or a field of it, was not taken."""
    return rx.el.span(
        icon("circle-alert", size=14, class_name="mt-[3.5px]"),
        rx.el.span(text),
        class_name="flex gap-1.5 text-bad",
    )
