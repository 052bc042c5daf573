"""The webhook ledger: what came, what became of it, and taking it again."""

import reflex as rx

from ...components.address import kept_address
from ...components.buttons import Look, Size, button, text_link
from ...components.dialog import CLOSES, dialog, dialog_buttons
from ...components.feedback import Tone, pill
from ...components.filters import choice, search
from ...components.icons import icon
from ...components.layout import visually_hidden
from ...state import paths
from ...state.filters import ADDRESS
from ...state.staff.events import STATUSES, TYPES, EventRow, StaffEventsState
from .frame import clear_button, listing, more, nothing_fits, staff_page

_TONES = {
    "processed": Tone.GOOD.value,
    "ignored": Tone.NEUTRAL.value,
    "unmatched": Tone.WARN.value,
    "failed": Tone.BAD.value,
}


def events() -> rx.Component:
    state = StaffEventsState
    return staff_page(
        "Webhook events",
        _filters(),
        _replay_parked(),
        listing(
            rx.el.ol(rx.foreach(state.rows, _row), id="staff-events", class_name="divide-y divide-line"),
            loaded=state.loaded,
            has_rows=state.rows,
            nothing=rx.el.div(
                nothing_fits("Nothing fits", "No event has all that you ask for."),
                clear_button(state.clear),
                class_name="pb-8 flex flex-col items-center",
            ),
            footer=more(has_more=state.has_more, busy=state.loading_more, on_click=state.load_more),
        ),
        kept_address(ADDRESS),
        here=paths.STAFF_EVENTS,
    )


def _filters() -> rx.Component:
    state = StaffEventsState
    return rx.el.div(
        search(
            "Search",
            name="event-search",
            value=state.text,
            version=state.filter_version,
            on_change=lambda value: state.narrow("text", value).debounce(300),
            placeholder="evt_…, workspace id, reason",
        ),
        choice(
            "Status",
            name="event-status",
            options=STATUSES,
            value=state.status,
            on_change=lambda value: state.narrow("status", value),
        ),
        choice(
            "Type",
            name="event-type",
            options=TYPES,
            value=state.type,
            on_change=lambda value: state.narrow("type", value),
        ),
        role="search",
        class_name="mt-6 grid grid-cols-2 gap-4 lg:grid-cols-[2fr_1fr_1.6fr] [&>*:first-child]:col-span-2 "
        "lg:[&>*:first-child]:col-span-1",
    )


def _replay_parked() -> rx.Component:
    state = StaffEventsState
    return rx.el.div(
        dialog(
            rx.el.p(
                "Every failed or unmatched event that fits the filters is taken again, the oldest first, "
                "up to 500 of them. What was settled before stays as it is.",
                class_name="mt-2 text-sm text-muted",
            ),
            dialog_buttons(button("Take them again", on_click=state.replay_parked, custom_attrs=CLOSES)),
            opener=[icon("rotate-ccw"), "Replay parked events"],
            name="replay-parked",
            title="Take parked events again?",
            busy=state.replaying,
        ),
        rx.el.p(
            state.progress, id="replay-progress", role="status", class_name="text-sm text-muted tabular-nums"
        ),
        class_name="mt-5 flex flex-wrap items-center gap-x-4 gap-y-2",
    )


def _row(row: EventRow) -> rx.Component:
    state = StaffEventsState
    is_open = state.opened == row.id
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.p(row.type, class_name="font-medium break-all"),
                rx.el.p(row.id, class_name="text-xs text-faint font-mono break-all"),
                rx.cond(
                    row.reason != "", rx.el.p(row.reason, class_name="mt-1 text-sm text-muted break-words")
                ),
                class_name="min-w-0",
            ),
            rx.el.div(
                pill(row.status, tone=rx.Var.create(_TONES)[row.status]),
                rx.cond(
                    row.attempts > 1,
                    rx.el.span(row.attempts, " tries", class_name="text-xs text-muted tabular-nums"),
                ),
                class_name="flex flex-wrap items-center gap-2",
            ),
            rx.el.p(visually_hidden("Received: "), row.at, class_name="text-sm text-faint tabular-nums"),
            rx.el.div(
                rx.cond(
                    row.workspace_url != "",
                    rx.el.span(
                        text_link("Workspace", visually_hidden(" of ", row.id), href=row.workspace_url)
                    ),
                ),
                button(
                    rx.cond(is_open, "Close", "Payload"),
                    visually_hidden(" of ", row.id),
                    look=Look.SECONDARY,
                    size=Size.SMALL,
                    aria_expanded=is_open,
                    on_click=state.toggle(row.id),
                ),
                button(
                    "Replay",
                    visually_hidden(" ", row.id),
                    look=Look.SECONDARY,
                    size=Size.SMALL,
                    on_click=state.replay(row.id),
                ),
                class_name="flex flex-wrap items-center gap-3 lg:justify-end text-sm",
            ),
            class_name="grid gap-x-6 gap-y-2 lg:grid-cols-[1.8fr_9rem_11rem_1.4fr] items-start",
        ),
        rx.cond(is_open, _payload()),
        class_name="px-5 sm:px-6 py-4",
    )


def _payload() -> rx.Component:
    return rx.el.pre(
        rx.cond(StaffEventsState.payload != "", StaffEventsState.payload, "The payload is no longer kept."),
        id="event-payload",
        tab_index=0,
        aria_label="Payload",
        role="region",
        class_name="mt-3 max-h-96 overflow-auto rounded-lg bg-sunken p-4 text-xs font-mono "
        "whitespace-pre-wrap break-all",
    )
