"""What comes in a month, and how subscriptions came and went. The page draws its bars itself."""

import reflex as rx

from ...components.feedback import empty_state, skeleton_lines
from ...components.layout import section, visually_hidden
from ...state import paths
from ...state.staff.revenue import Bar, Chart, RevenueRow, StaffRevenueState, StatusRow
from .frame import staff_page, status_pill


def revenue() -> rx.Component:
    return staff_page(
        "Revenue",
        rx.el.div(
            section("Monthly recurring revenue", _amounts(), class_name="lg:col-span-2"),
            section("Workspaces by status", _statuses()),
            class_name="mt-6 grid gap-5 lg:grid-cols-3",
        ),
        rx.el.div(
            rx.foreach(StaffRevenueState.charts, _chart),
            id="charts",
            class_name="mt-5 grid gap-5 md:grid-cols-2",
        ),
        here=paths.STAFF_REVENUE,
    )


def _amounts() -> rx.Component:
    state = StaffRevenueState
    return rx.fragment(
        rx.cond(
            state.loaded,
            rx.cond(
                state.amounts,
                rx.el.ul(
                    rx.foreach(state.amounts, _amount),
                    id="revenue-list",
                    class_name="mt-3 divide-y divide-line",
                ),
                empty_state(
                    icon_name="coins", title="Nothing comes in yet", text="No subscription is paid for."
                ),
            ),
            skeleton_lines(2),
        ),
        rx.el.p(
            "Each currency for itself, never added together. Counted: active subscriptions, "
            "those set to end too, at Stripe's price times quantity, a year as a twelfth; "
            "before discounts and tax. "
            "Not counted: trials and complimentary plans. Past due stands apart.",
            class_name="mt-4 text-sm text-muted max-w-[72ch]",
        ),
        rx.cond(
            state.unpriced > 0,
            rx.el.p(
                state.unpriced,
                rx.cond(state.unpriced == 1, " subscription has", " subscriptions have"),
                " no price on record yet: reconciling fetches it.",
                class_name="mt-2 text-sm text-warn",
            ),
        ),
        rx.cond(
            state.discounted > 0,
            rx.el.p(
                state.discounted,
                rx.cond(state.discounted == 1, " of them pays less", " of them pay less"),
                ", by a discount.",
                class_name="mt-2 text-sm text-muted",
            ),
        ),
    )


def _amount(row: RevenueRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.currency, class_name="text-sm font-medium text-muted"),
        rx.el.span(row.paying, class_name="text-2xl font-semibold tracking-[-0.02em] tabular-nums"),
        rx.el.span("past due ", row.past_due, class_name="text-sm text-muted tabular-nums"),
        class_name="flex flex-wrap items-baseline gap-x-5 gap-y-1 py-3",
    )


def _statuses() -> rx.Component:
    return rx.fragment(
        rx.cond(
            StaffRevenueState.loaded,
            rx.el.ul(
                rx.foreach(StaffRevenueState.statuses, _status),
                id="status-list",
                class_name="mt-3 grid gap-2",
            ),
            skeleton_lines(4),
        ),
        rx.cond(
            StaffRevenueState.complimentary > 0,
            rx.el.p(
                StaffRevenueState.complimentary,
                " with a complimentary plan",
                class_name="mt-3 text-sm text-muted",
            ),
        ),
    )


def _status(row: StatusRow) -> rx.Component:
    return rx.el.li(
        status_pill(row.status, row.label),
        rx.el.span(row.count, class_name="font-medium tabular-nums"),
        class_name="flex items-center justify-between",
    )


def _chart(chart: Chart) -> rx.Component:
    return rx.el.figure(
        rx.el.figcaption(
            rx.el.p(chart.title, class_name="text-sm font-medium text-muted"),
            rx.el.p(chart.note, class_name="mt-0.5 text-xs text-faint"),
        ),
        rx.el.ol(
            rx.foreach(chart.bars, _bar), class_name="mt-4 grid grid-cols-12 gap-1 sm:gap-1.5 items-end h-40"
        ),
        custom_attrs={"data-chart": chart.id},
        class_name="rounded-xl border border-line bg-surface shadow-card p-5 sm:p-6",
    )


def _bar(bar: Bar) -> rx.Component:
    """Value, bar and month; read as one sentence."""
    return rx.el.li(
        visually_hidden(bar.text),
        rx.el.span(
            bar.value, aria_hidden="true", class_name="text-[10px] leading-none text-muted tabular-nums"
        ),
        rx.el.span(
            rx.el.span(
                class_name="block w-full rounded-t-sm bg-accent min-h-px",
                custom_attrs={"style": {"height": rx.Var.create(bar.height).to_string() + "%"}},
            ),
            aria_hidden="true",
            class_name="grow w-full flex items-end",
        ),
        rx.el.span(bar.month, aria_hidden="true", class_name="text-[10px] leading-none text-faint"),
        title=bar.text,
        class_name="h-full min-w-0 flex flex-col items-center gap-1.5",
    )
