"""All workspaces' subscriptions, with the figures of all of them on top."""

import reflex as rx

from ...components.address import kept_address
from ...components.buttons import link, text_link
from ...components.feedback import Tone, pill, skeleton
from ...components.filters import choice, search
from ...components.layout import card, visually_hidden
from ...components.types import Words
from ...state import paths
from ...state.filters import ADDRESS
from ...state.staff.workspaces import ORDERS, PLANS, STATUSES, StaffWorkspacesState, WorkspaceRow
from .frame import clear_button, listing, more, nothing_fits, staff_page, status_pill


def workspaces() -> rx.Component:
    state = StaffWorkspacesState
    return staff_page(
        "Workspaces",
        _figures(),
        _filters(),
        listing(
            rx.el.ul(rx.foreach(state.rows, _row), id="staff-workspaces", class_name="divide-y divide-line"),
            loaded=state.loaded,
            has_rows=state.rows,
            nothing=rx.el.div(
                nothing_fits("Nothing fits", "No workspace has all that you ask for."),
                clear_button(state.clear),
                class_name="pb-8 flex flex-col items-center",
            ),
            footer=more(has_more=state.has_more, busy=state.loading_more, on_click=state.load_more),
        ),
        kept_address(ADDRESS),
        here=paths.STAFF,
    )


def _figures() -> rx.Component:
    figures = StaffWorkspacesState.figures
    return rx.el.dl(
        _figure("Monthly revenue", figures.revenue, "figure-revenue", paths.STAFF_REVENUE),
        _figure("Paying", figures.paying, "figure-paying", paths.STAFF_REVENUE),
        _figure("Trialing", figures.trialing, "figure-trialing", paths.STAFF_REVENUE),
        _figure("Past due", figures.past_due, "figure-past-due", paths.STAFF_FAILING),
        _figure("Parked events", figures.parked, "figure-parked", paths.STAFF_EVENTS),
        class_name="mt-6 grid grid-cols-2 gap-4 lg:grid-cols-5 [&>*:first-child]:col-span-2 "
        "lg:[&>*:first-child]:col-span-1",
    )


def _figure(name: str, value: Words, handle: str, href: str) -> rx.Component:
    return card(
        rx.el.dt(text_link(name, href=href), class_name="text-sm"),
        rx.el.dd(
            rx.cond(StaffWorkspacesState.loaded, value, skeleton("h-7 w-16")),
            id=handle,
            class_name="mt-1.5 text-xl font-semibold tabular-nums [overflow-wrap:anywhere]",
        ),
        class_name="px-5 py-4",
    )


def _filters() -> rx.Component:
    state = StaffWorkspacesState
    return rx.el.div(
        search(
            "Search",
            name="staff-search",
            value=state.text,
            version=state.filter_version,
            on_change=lambda value: state.narrow("text", value).debounce(300),
            placeholder="Name, owner, cus_…, sub_…",
        ),
        choice(
            "Plan",
            name="staff-plan",
            options=PLANS,
            value=state.plan,
            on_change=lambda value: state.narrow("plan", value),
        ),
        choice(
            "Status",
            name="staff-status",
            options=STATUSES,
            value=state.status,
            on_change=lambda value: state.narrow("status", value),
        ),
        choice(
            "Order",
            name="staff-order",
            options=ORDERS,
            value=state.order,
            on_change=lambda value: state.narrow("order", value),
        ),
        role="search",
        class_name="mt-6 grid grid-cols-2 gap-4 lg:grid-cols-[2fr_1fr_1fr_1fr] [&>*:first-child]:col-span-2 "
        "lg:[&>*:first-child]:col-span-1",
    )


def _row(row: WorkspaceRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            link(
                row.name,
                href=row.url,
                class_name="font-medium text-accent-text hover:underline [overflow-wrap:anywhere]",
            ),
            rx.el.p(visually_hidden("Owner: "), row.owner, class_name="text-sm text-muted break-all"),
            class_name="min-w-0",
        ),
        rx.el.div(
            rx.cond(row.plan != "", rx.el.span(row.plan, class_name="text-sm")),
            status_pill(row.status, row.status_label),
            rx.cond(row.given != "", pill(row.given, tone=Tone.ACCENT)),
            rx.cond(row.is_deleted, pill("Deleted workspace", tone=Tone.BAD)),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.p(
            rx.cond(row.date != "", rx.fragment("Period ends ", row.date), ""),
            class_name="text-sm text-muted tabular-nums",
        ),
        rx.el.p("Since ", row.since, class_name="text-sm text-faint tabular-nums lg:text-right"),
        class_name="grid gap-x-6 gap-y-1.5 lg:grid-cols-[1.6fr_1.4fr_1fr_8rem] items-center "
        "px-5 sm:px-6 py-3.5",
    )
