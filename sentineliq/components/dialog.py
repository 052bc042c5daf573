"""Asking before something is done: the browser's own modal dialog, which keeps the focus and obeys Esc."""

import reflex as rx

from .buttons import Look, Size, button
from .layout import card
from .types import Child, Words
from .words import t

_OPEN = rx.Var("(event) => event.currentTarget.nextElementSibling.showModal()")
# Sent off, put off, or a press beside it: in each case the dialog closes.
_CLOSE_ON_SUBMIT = rx.Var("(event) => event.currentTarget.close()")
# A selection that begins inside and ends beside it clicks on both, which is the dialog: ask where it began.
_NOTE_PRESS = rx.Var("(event) => { event.currentTarget.pressed = event.target; }")
_CLOSE_ON_PRESS = rx.Var(
    "(event) => {"
    "const { currentTarget: dialog, target } = event;"
    "if (target === dialog ? dialog.pressed === dialog : target.closest('[data-closes]')) dialog.close();"
    "}"
)
CLOSES: dict[str, str] = {"data-closes": ""}
"""For a button inside a dialog that closes it as well."""


def dialog(
    *content: Child, opener: list[Child], name: Words, title: Words, look: Look = Look.SECONDARY, **props
) -> rx.Component:
    """A button that opens a dialog of that title and element id `name`; `content` ends with its buttons."""
    heading = rx.Var.create(name).to(str) + "-title"
    return rx.el.div(
        button(
            *opener,
            look=look,
            size=Size.SMALL,
            custom_attrs={"onClick": _OPEN, "aria-haspopup": "dialog"},
            **props,
        ),
        rx.el.dialog(
            card(
                rx.el.h2(title, id=heading, class_name="text-lg font-semibold tracking-[-0.012em]"),
                *content,
                class_name="p-5 sm:p-6 shadow-float text-left",
            ),
            id=name,
            aria_labelledby=heading,
            custom_attrs={
                "onPointerDown": _NOTE_PRESS,
                "onClick": _CLOSE_ON_PRESS,
                "onSubmit": _CLOSE_ON_SUBMIT,
            },
            class_name="m-auto w-[min(28rem,calc(100vw-2rem))] bg-transparent text-ink backdrop:bg-black/50",
        ),
    )


def dialog_buttons(*confirm: Child, way_back: Words | None = None) -> rx.Component:
    """What confirms, beside the way back; name that one where to cancel is what the dialog asks about."""
    return rx.el.div(
        button(t("Cancel") if way_back is None else way_back, look=Look.SECONDARY, custom_attrs=CLOSES),
        *confirm,
        class_name="mt-6 flex flex-wrap justify-end gap-3",
    )
