"""What the product says back: waiting, empty, in which state, and what went wrong."""

from enum import StrEnum
from typing import Literal

import reflex as rx

from .icons import icon
from .types import Child, Flag, OnEvent, Words
from .words import t


class Tone(StrEnum):
    """The colours of a meaning."""

    NEUTRAL = "bg-sunken text-muted"
    ACCENT = "bg-accent-soft text-accent-text"
    GOOD = "bg-good-soft text-good"
    WARN = "bg-warn-soft text-warn"
    BAD = "bg-bad-soft text-bad"


def spinner(class_name: str) -> rx.Component:
    """A turning ring of the given size."""
    return rx.el.span(class_name=f"spinner {class_name}", aria_hidden="true")


def skeleton(class_name: str) -> rx.Component:
    """A grey bar of the given size, in place of what is still loading."""
    return rx.el.span(class_name=f"skeleton {class_name}", aria_hidden="true")


def once_loaded(loaded: Flag, class_name: str) -> rx.Var:
    """Classes for what shows when it is loaded, and until then only its grey bars: nothing that one sees
    moves when something taller than its bar comes, or something else above it."""
    return rx.cond(loaded, class_name, f"{class_name} invisible [&_.skeleton]:visible")


def skeleton_lines(count: int) -> rx.Component:
    """In place of a list that is still loading."""
    return rx.el.div(*[skeleton("h-4 w-full") for _ in range(count)], class_name="mt-5 grid gap-4")


def pill(*children: Child, tone: Words = Tone.NEUTRAL) -> rx.Component:
    """A short state, such as Active."""
    shape = "inline-flex items-center gap-1.5 rounded-full px-2.5 h-6 text-xs font-medium whitespace-nowrap "
    return rx.el.span(*children, class_name=rx.Var.create(shape) + rx.Var.create(tone).to(str))


def badge(icon_name: str, *, tone: Tone, size: Literal["small", "large"] = "small") -> rx.Component:
    """An icon in a soft circle."""
    pixels, circle = (18, "size-10") if size == "small" else (24, "size-14")
    return rx.el.span(
        icon(icon_name, size=pixels),
        class_name=f"arrives grid place-items-center shrink-0 rounded-full {circle} {tone}",
    )


def empty_state(*, icon_name: str, title: Words, text: Words, **props) -> rx.Component:
    """In place of a list that has nothing yet."""
    return rx.el.div(
        badge(icon_name, tone=Tone.NEUTRAL),
        rx.el.p(title, class_name="mt-3 text-sm font-medium"),
        rx.el.p(text, class_name="mt-1 text-sm text-muted max-w-[44ch]"),
        class_name="flex flex-col items-center text-center px-4 py-9",
        **props,
    )


def message(
    text: Words, *, role: Literal["alert", "status"], tone: Tone, icon_name: str, on_dismiss: OnEvent
) -> rx.Component:
    """Announces `text` when there is any; the region itself is always there, or it would not be heard."""
    return rx.el.div(
        rx.cond(
            rx.Var.create(text).to(str) != "",
            rx.el.div(
                rx.el.span(
                    icon(icon_name), class_name=f"grid place-items-center size-6 shrink-0 rounded-full {tone}"
                ),
                rx.el.p(text, class_name="grow pt-0.5 text-sm"),
                rx.el.button(
                    icon("x"),
                    type="button",
                    aria_label=t("Dismiss"),
                    on_click=on_dismiss,
                    class_name="-m-1 p-1.5 rounded-md text-faint hover:text-ink hover:bg-sunken",
                ),
                class_name="arrives pointer-events-auto flex items-start gap-3 w-full max-w-md "
                "rounded-xl p-3.5 shadow-float border border-line bg-surface",
            ),
        ),
        role=role,
        class_name="w-full flex justify-center",
    )
