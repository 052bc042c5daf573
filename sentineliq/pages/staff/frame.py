"""What surrounds a staff page: the way between them, and nothing at all for anyone else."""

from typing import Any

import reflex as rx

from ...components.buttons import Look, Size, button, link
from ...components.feedback import Tone, empty_state, pill, skeleton_lines
from ...components.layout import card, page_heading
from ...components.types import Flag, OnEvent, Words
from ...state import paths
from ...state.staff.session import StaffState
from ...workspaces.models import SubscriptionStatus
from ..faults import nothing_here
from ..shell import shell

_PLACES = {
    paths.STAFF: "Workspaces",
    paths.STAFF_REVENUE: "Revenue",
    paths.STAFF_FAILING: "Failed payments",
    paths.STAFF_EVENTS: "Webhook events",
}
STATUS_TONES: dict[str, str] = {
    "": Tone.NEUTRAL.value,
    SubscriptionStatus.INCOMPLETE.value: Tone.WARN.value,
    SubscriptionStatus.TRIALING.value: Tone.ACCENT.value,
    SubscriptionStatus.ACTIVE.value: Tone.GOOD.value,
    SubscriptionStatus.CANCEL_AT_PERIOD_END.value: Tone.WARN.value,
    SubscriptionStatus.PAST_DUE.value: Tone.BAD.value,
    SubscriptionStatus.UNPAID.value: Tone.BAD.value,
    SubscriptionStatus.PAUSED.value: Tone.WARN.value,
    SubscriptionStatus.DELETED.value: Tone.NEUTRAL.value,
}
_TAB = "inline-flex items-center h-10 px-1 -mb-px text-sm font-medium whitespace-nowrap border-b-2"
_HERE = "border-accent text-ink"
_ELSEWHERE = "border-transparent text-muted hover:text-ink"


def staff_page(title: str, *content: rx.Component, here: str) -> rx.Component:
    """A whole page. Until it is known who is here, nothing tells that there is one."""
    return shell(
        rx.cond(
            StaffState.let_in,
            rx.el.div(page_heading(title), _places(here), *content),
            rx.cond(StaffState.checked, nothing_here(), rx.el.div(skeleton_lines(4))),
        )
    )


def _places(here: str) -> rx.Component:
    return rx.el.nav(
        *[
            link(
                name,
                href=path,
                custom_attrs={"aria-current": "page"} if path == here else {},
                class_name=f"{_TAB} {_HERE if path == here else _ELSEWHERE}",
            )
            for path, name in _PLACES.items()
        ],
        aria_label="Staff",
        class_name="mt-3 flex flex-wrap gap-x-6 border-b border-line",
    )


def listing(
    rows: rx.Component, *, loaded: Flag, has_rows: Any, nothing: rx.Component, footer: rx.Component
) -> rx.Component:
    """A list on a surface: grey bars, then rows or why there are none, then the way to more of them."""
    return rx.fragment(
        card(
            rx.cond(
                loaded,
                rx.cond(has_rows, rows, nothing),
                rx.el.div(skeleton_lines(6), class_name="px-5 pb-5 sm:px-6"),
            ),
            class_name="mt-5 overflow-hidden",
        ),
        footer,
    )


def nothing_fits(title: str, text: str, *, icon_name: str = "search-x") -> rx.Component:
    return empty_state(icon_name=icon_name, title=title, text=text)


def more(*, has_more: Flag, busy: Flag, on_click: OnEvent) -> rx.Component:
    return rx.cond(
        has_more,
        rx.el.div(
            button("Show more", id="show-more", look=Look.SECONDARY, busy=busy, on_click=on_click),
            class_name="mt-5 flex justify-center",
        ),
    )


def status_pill(status: Words, label: Words) -> rx.Component:
    return pill(label, tone=rx.Var.create(STATUS_TONES)[status])


def clear_button(on_click: OnEvent) -> rx.Component:
    return button("Clear filters", look=Look.SECONDARY, size=Size.SMALL, on_click=on_click)
