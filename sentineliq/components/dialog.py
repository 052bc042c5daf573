"""Asking before something is done: the browser's own modal dialog, which keeps the focus and obeys Esc."""

from typing import Any

import reflex as rx
from reflex.event import no_args_event_spec
from reflex_components_core.el.elements.base import BaseHTML

from ..state.session import SessionState
from .buttons import Look, Size, button
from .effects import effect
from .forms import fault_message, sent_once
from .layout import card
from .types import Child, Words
from .words import t

_OPEN = rx.Var("(event) => event.currentTarget.nextElementSibling.showModal()")
# Put off, or a press beside it: in either case the dialog closes.
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

_CLOSE = """
    const dialog = document.querySelector('dialog[open]');
    dialog?.querySelector('form')?.reset();
    dialog?.close();
"""


class _Dialog(BaseHTML):
    """`<dialog>` that says when it has closed."""

    tag = "dialog"
    on_close: rx.EventHandler[no_args_event_spec]


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
        _Dialog.create(
            card(
                rx.el.h2(title, id=heading, class_name="text-lg font-semibold tracking-[-0.012em]"),
                *content,
                class_name="p-5 sm:p-6 shadow-float text-left",
            ),
            id=name,
            aria_labelledby=heading,
            on_close=rx.cond(SessionState.refusal != "", SessionState.forget_refusal(), rx.noop()),
            custom_attrs={"onPointerDown": _NOTE_PRESS, "onClick": _CLOSE_ON_PRESS},
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


def dialog_form(*children: Child, on_submit: Any, class_name: str = "", **props) -> rx.Component:
    """The form of a dialog, or another that is opened. Its handler answers within `SessionState._answering`:
    a refusal of the form as a whole shows here, that of a field where `refusal_of` puts it."""
    return rx.el.form(
        rx.el.div(
            rx.cond(
                (SessionState.refused_field == "") & (SessionState.refusal != ""),
                fault_message(SessionState.refusal),
            ),
            role="alert",
            class_name="col-span-full text-sm empty:hidden",
        ),
        *children,
        sent_once(SessionState.answered),
        effect(_CLOSE, of=rx.Var.create(SessionState.answered)),
        on_submit=on_submit,
        class_name=class_name,
        **props,
    )


def refusal_of(name: str) -> rx.Var:
    """The refusal of the open dialog's form, where it belongs to this field."""
    return rx.cond(SessionState.refused_field == name, SessionState.refusal, "")
