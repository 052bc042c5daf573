"""The header's menu of workspaces."""

import reflex as rx

from ..components.buttons import link
from ..components.icons import icon
from ..components.layout import visually_hidden
from ..components.menu import menu
from ..components.types import Words
from ..components.words import t
from ..state import paths
from ..state.session import SessionState
from ..state.workspaces import SwitcherState, WorkspaceRow

_ITEM = (
    "flex w-full items-center justify-between gap-3 min-h-10 px-3 py-2 rounded-lg text-left text-sm "
    "font-medium hover:bg-sunken"
)


def switcher() -> rx.Component:
    """The current workspace's name; opened, all of the person's workspaces."""
    return rx.el.div(
        rx.el.span("/", class_name="text-line-strong", aria_hidden="true"),
        menu(
            rx.el.summary(
                visually_hidden(t("Workspace"), ": "),
                rx.el.span(_name(), class_name="truncate"),
                icon("chevrons-up-down", size=14, class_name="text-faint"),
                id="workspace-switcher",
                on_click=SwitcherState.open_menu,
                class_name="flex items-center gap-1.5 h-9 px-2 min-w-0 rounded-lg text-sm font-medium "
                "text-muted hover:text-ink hover:bg-sunken",
            ),
            rx.el.div(
                rx.cond(
                    SwitcherState.choices,
                    rx.el.ul(rx.foreach(SwitcherState.choices, _choice)),
                    rx.el.p(t("Loading…"), class_name="px-3 py-2 text-sm text-faint"),
                ),
                link(t("All workspaces"), href=paths.WORKSPACES, class_name=f"{_ITEM} text-muted"),
                class_name="absolute left-4 right-4 sm:left-auto sm:right-auto top-full sm:w-72 mt-1 p-2 "
                "rounded-xl border border-line bg-surface shadow-float max-h-[70dvh] overflow-y-auto",
            ),
            class_name="min-w-0",
        ),
        # a long name takes what the bar has left, and makes nothing wrap
        class_name="flex items-center gap-1.5 min-w-0 lg:basis-32 lg:grow-[99]",
    )


def _name() -> Words:
    return rx.cond(SessionState.workspace_name != "", SessionState.workspace_name, t("No workspace"))


def _choice(row: WorkspaceRow) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(row.name, class_name="min-w-0 [overflow-wrap:anywhere]"),
            rx.cond(row.is_current, rx.el.span(icon("check"), visually_hidden(t("current")))),
            type="button",
            on_click=SwitcherState.choose(row.id),
            class_name=_ITEM,
        )
    )
