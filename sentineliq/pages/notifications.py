"""What the workspace told this member."""

import reflex as rx

from ..components.buttons import Look, button
from ..components.feedback import empty_state, skeleton
from ..components.layout import card, page_heading, visually_hidden
from ..state.notifications import NotificationRow, NotificationsState
from .shell import shell


def notifications() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(
                "Notifications",
                rx.cond(
                    NotificationsState.unread > 0,
                    button(
                        "Mark all as read", look=Look.SECONDARY, on_click=NotificationsState.mark_all_read
                    ),
                ),
            ),
            card(
                rx.cond(
                    NotificationsState.loaded,
                    rx.cond(
                        NotificationsState.entries.length() > 0,
                        rx.el.ul(
                            rx.foreach(NotificationsState.entries, _entry),
                            id="notification-list",
                            class_name="divide-y divide-line",
                        ),
                        empty_state(
                            icon_name="bell",
                            title="Nothing new",
                            text="Payments, plan changes and whatever needs your attention show up here.",
                        ),
                    ),
                    _waiting(),
                ),
                class_name="mt-6 overflow-hidden",
            ),
            class_name="max-w-[720px] mx-auto",
        ),
    )


def _entry(entry: NotificationRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            rx.cond(entry.is_unread, visually_hidden("Unread: ")),
            class_name=rx.cond(
                entry.is_unread,
                "mt-2 size-2 rounded-full bg-accent shrink-0",
                "mt-2 size-2 rounded-full bg-transparent shrink-0",
            ),
        ),
        rx.el.div(
            rx.el.p(
                entry.title, class_name=rx.cond(entry.is_unread, "font-semibold", "font-medium text-muted")
            ),
            rx.cond(entry.body != "", rx.el.p(entry.body, class_name="text-sm text-muted mt-0.5")),
            rx.el.p(entry.at, class_name="text-xs text-faint mt-1.5"),
            class_name="min-w-0",
        ),
        class_name="flex gap-3.5 px-5 py-4",
    )


def _waiting() -> rx.Component:
    line = rx.el.div(
        skeleton("h-4 w-56 max-w-full"), skeleton("h-3 w-32"), class_name="grid gap-2.5 px-5 py-5"
    )
    return rx.el.div(line, line, line, class_name="divide-y divide-line")
