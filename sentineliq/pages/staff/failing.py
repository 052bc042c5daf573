"""Workspaces whose payments fail: how much, since when, and when Stripe tries again."""

import reflex as rx

from ...components.buttons import link, outside_link
from ...components.layout import visually_hidden
from ...state import paths
from ...state.staff.failing import FailingRow, OpenInvoiceRow, StaffFailingState
from .frame import listing, more, nothing_fits, staff_page, status_pill


def failing() -> rx.Component:
    state = StaffFailingState
    return staff_page(
        "Failed payments",
        listing(
            rx.el.ul(rx.foreach(state.rows, _row), id="staff-failing", class_name="divide-y divide-line"),
            loaded=state.loaded,
            has_rows=state.rows,
            nothing=nothing_fits("Nobody owes anything", "No payment is open.", icon_name="circle-check"),
            footer=more(has_more=state.has_more, busy=state.loading_more, on_click=state.load_more),
        ),
        here=paths.STAFF_FAILING,
    )


def _row(row: FailingRow) -> rx.Component:
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
            status_pill(row.status, row.status_label),
            rx.cond(row.since != "", rx.el.span("since ", row.since, class_name="text-sm text-muted")),
            class_name="flex flex-wrap items-center gap-2",
        ),
        rx.el.ul(rx.foreach(row.invoices, _invoice), class_name="grid gap-2 text-sm min-w-0"),
        class_name="grid gap-x-6 gap-y-2 lg:grid-cols-[1.3fr_1fr_2fr] items-start px-5 sm:px-6 py-4",
    )


def _invoice(invoice: OpenInvoiceRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(invoice.amount, class_name="font-medium tabular-nums"),
        rx.el.span(
            rx.cond(
                invoice.next_attempt != "",
                rx.fragment("next try ", invoice.next_attempt),
                "Stripe has no further try planned",
            ),
            class_name="text-muted tabular-nums",
        ),
        rx.cond(
            invoice.url != "",
            outside_link("Invoice", visually_hidden(" ", invoice.number), href=invoice.url),
            rx.el.span(invoice.number, class_name="text-muted"),
        ),
        class_name="flex flex-wrap gap-x-4 gap-y-0.5",
    )
