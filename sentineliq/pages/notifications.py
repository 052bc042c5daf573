"""What the workspace told this member."""

import reflex as rx

from ..components.buttons import Look, Size, button, button_link
from ..components.feedback import empty_state, skeleton
from ..components.icons import icon
from ..components.layout import card, page_heading, visually_hidden
from ..components.words import t
from ..state import paths
from ..state.notifications import NotificationRow, NotificationsState
from .shell import shell


def notifications() -> rx.Component:
    return shell(
        rx.el.div(
            page_heading(
                t("Notifications"),
                rx.el.div(
                    rx.cond(NotificationsState.unread > 0, _mark_all_read()),
                    button_link(
                        icon("settings-2"),
                        t("Preferences"),
                        href=paths.NOTIFICATION_PREFERENCES,
                        look=Look.QUIET,
                        size=Size.SMALL,
                    ),
                    class_name="flex flex-wrap gap-2",
                ),
            ),
            card(
                rx.cond(
                    NotificationsState.loaded,
                    rx.cond(
                        NotificationsState.entries,
                        rx.el.ul(
                            rx.foreach(NotificationsState.entries, _entry),
                            id="notification-list",
                            class_name="divide-y divide-line",
                        ),
                        empty_state(
                            icon_name="bell",
                            title=t("Nothing new"),
                            text=t("Payments, plan changes and whatever needs your attention show up here."),
                        ),
                    ),
                    _waiting(),
                ),
                class_name="mt-5 overflow-hidden",
            ),
            class_name="max-w-[720px] mx-auto",
        ),
    )


def _mark_all_read() -> rx.Component:
    return button(
        t("Mark all as read"),
        look=Look.SECONDARY,
        size=Size.SMALL,
        busy=NotificationsState.marking,
        on_click=NotificationsState.mark_all_read,
    )


def _entry(entry: NotificationRow) -> rx.Component:
    dot = "mt-2 size-2 rounded-full shrink-0"
    return rx.el.li(
        rx.el.span(
            rx.cond(entry.is_unread, visually_hidden(t("Unread"), ": ")),
            class_name=rx.cond(entry.is_unread, f"{dot} bg-accent", dot),
        ),
        rx.el.div(
            rx.el.p(entry.title, class_name=rx.cond(entry.is_unread, "font-semibold", "text-muted")),
            rx.cond(entry.body != "", rx.el.p(entry.body, class_name="mt-0.5 text-sm text-muted")),
            rx.el.p(entry.at, class_name="mt-1.5 text-xs text-faint"),
            class_name="min-w-0 grow",
        ),
        rx.cond(entry.is_unread, _mark_read(entry)),
        class_name="flex gap-3.5 px-5 py-4",
    )


def _mark_read(entry: NotificationRow) -> rx.Component:
    return rx.el.button(
        icon("check"),
        type="button",
        title=t("Mark as read"),
        aria_label=t("Mark as read: {title}", title=entry.title),
        on_click=NotificationsState.mark_read(entry.id),
        class_name="self-start -mr-1.5 grid place-items-center size-9 shrink-0 rounded-lg text-faint "
        "hover:text-ink hover:bg-sunken transition-colors",
    )


def _waiting() -> rx.Component:
    line = rx.el.div(
        skeleton("h-4 w-56 max-w-full"), skeleton("h-3 w-32"), class_name="grid gap-2.5 px-5 py-5"
    )
    return rx.el.div(line, line, line, class_name="divide-y divide-line")
