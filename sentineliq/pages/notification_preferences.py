"""Choosing what to hear of, in the app and by mail."""

import reflex as rx

from ..components.buttons import text_link
from ..components.feedback import once_loaded, skeleton_lines
from ..components.languages import language_switch
from ..components.layout import card, page_heading, section
from ..components.switches import switch
from ..components.words import t
from ..state import paths
from ..state.notification_preferences import NotificationPreferencesState as State
from ..state.notification_preferences import PreferenceRow
from .shell import shell

_COLUMN = "w-16 sm:w-20 text-center"


def notification_preferences() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(
                t("Notification preferences"),
                rx.el.span(text_link(t("Back to notifications"), href=paths.NOTIFICATIONS)),
            ),
            rx.el.p(
                t(
                    "For you alone, in all your workspaces. Mails about billing go to the owner of a "
                    "workspace. Failing payments are always told."
                ),
                class_name="mt-1.5 text-muted max-w-[68ch]",
            ),
            card(
                rx.cond(
                    State.loaded,
                    _table(),
                    rx.el.div(skeleton_lines(6), class_name="px-5 pb-5"),
                ),
                class_name="mt-5",
            ),
            rx.el.div(
                section(
                    "Language",
                    rx.el.p(
                        t("Pages and mails are in the language that you choose."),
                        class_name="mt-2 mb-3 text-sm text-muted",
                    ),
                    language_switch(),
                ),
                class_name=once_loaded(State.loaded, "mt-5"),
            ),
            class_name="max-w-[720px] mx-auto",
        ),
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("Tell me when"), scope="col", class_name="px-5 py-3 text-left font-medium"),
                rx.el.th(t("In the app"), scope="col", class_name=f"py-3 font-medium {_COLUMN}"),
                rx.el.th(t("By mail"), scope="col", class_name=f"py-3 pr-3 font-medium {_COLUMN}"),
                class_name="text-xs text-faint",
            )
        ),
        rx.el.tbody(rx.foreach(State.rows, _row), class_name="divide-y divide-line border-t border-line"),
        id="notification-preferences",
        class_name="w-full",
    )


def _row(row: PreferenceRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            row.label,
            rx.cond(
                row.is_open,
                rx.fragment(),
                rx.el.span(t("Always on"), class_name="block text-xs text-faint"),
            ),
            scope="row",
            class_name="px-5 py-3 text-left text-sm font-normal",
        ),
        rx.el.td(
            switch(
                label=t("{what}, in the app", what=row.label),
                name=row.kind + "-in-app",
                checked=row.in_app,
                enabled=row.is_open,
                on_change=lambda wanted: State.choose(row.kind, "in_app", wanted),
            ),
            class_name=f"py-3 align-middle {_COLUMN}",
        ),
        rx.el.td(
            rx.cond(
                row.has_mail,
                switch(
                    label=t("{what}, by mail", what=row.label),
                    name=row.kind + "-by-mail",
                    checked=row.by_mail,
                    enabled=row.is_open,
                    on_change=lambda wanted: State.choose(row.kind, "by_mail", wanted),
                ),
                rx.el.span(
                    rx.el.span("–", aria_hidden="true"),
                    rx.el.span(t("no mail"), class_name="sr-only"),
                    class_name="text-faint",
                ),
            ),
            class_name=f"py-3 pr-3 align-middle {_COLUMN}",
        ),
    )
