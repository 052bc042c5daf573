"""What the product says back: waiting, empty, in which state, and what went wrong."""

from enum import StrEnum

import reflex as rx

from .icons import icon


class Tone(StrEnum):
    """The colours of a meaning."""

    NEUTRAL = "bg-sunken text-muted"
    ACCENT = "bg-accent-soft text-accent-text"
    GOOD = "bg-good-soft text-good"
    WARN = "bg-warn-soft text-warn"
    BAD = "bg-bad-soft text-bad"


def spinner(*, size: int = 14) -> rx.Component:
    return rx.el.span(
        class_name="spinner", style={"width": f"{size}px", "height": f"{size}px"}, aria_hidden="true"
    )


def skeleton(class_name: str) -> rx.Component:
    """A grey bar of the given size, in place of what is still loading."""
    return rx.el.span(class_name=f"skeleton {class_name}", aria_hidden="true")


def pill(*children: rx.Component | rx.Var | str, tone: Tone | rx.Var = Tone.NEUTRAL, **props) -> rx.Component:
    """A short state, such as Active."""
    return rx.el.span(
        *children,
        class_name=rx.Var.create(
            "inline-flex items-center gap-1.5 rounded-full px-2.5 h-6 text-xs font-medium "
        )
        + rx.Var.create(tone).to(str),
        **props,
    )


def empty_state(*, icon_name: str, title: str, text: str) -> rx.Component:
    """In place of a list that has nothing yet."""
    return rx.el.div(
        rx.el.span(
            icon(icon_name, size=18),
            class_name="grid place-items-center size-10 rounded-full bg-sunken text-muted",
        ),
        rx.el.p(title, class_name="mt-3 text-sm font-medium"),
        rx.el.p(text, class_name="mt-1 text-sm text-muted max-w-[42ch]"),
        class_name="flex flex-col items-center text-center px-6 py-10",
    )


def message(
    text: rx.Var, *, role: str, tone: Tone, icon_name: str, on_dismiss: rx.EventHandler
) -> rx.Component:
    """A region that announces `text` when there is any; the region itself is always there to be heard."""
    box = (
        "arrives pointer-events-auto flex items-start gap-3 w-full max-w-md rounded-xl p-3.5 text-sm "
        "shadow-float border border-line bg-surface"
    )
    return rx.el.div(
        rx.cond(
            text != "",
            rx.el.div(
                rx.el.span(
                    icon(icon_name), class_name=f"grid place-items-center size-6 shrink-0 rounded-full {tone}"
                ),
                rx.el.p(text, class_name="grow pt-0.5"),
                rx.el.button(
                    icon("x"),
                    type="button",
                    aria_label="Dismiss",
                    on_click=on_dismiss,
                    class_name="-m-1 p-1.5 rounded-md text-faint hover:text-ink hover:bg-sunken",
                ),
                class_name=box,
            ),
        ),
        role=role,
        class_name="w-full flex justify-center",
    )
