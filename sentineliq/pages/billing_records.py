"""The billing page's lists: usage and limits, invoices, audit log."""

import reflex as rx

from ..components.buttons import outside_link
from ..components.feedback import empty_state, pill, skeleton
from ..components.layout import section, visually_hidden
from ..state.billing import BillingState
from ..state.billing_rows import AuditRow, InvoiceRow, UsageRow


def usage() -> rx.Component:
    return section(
        "Usage and limits",
        rx.cond(
            BillingState.loaded,
            rx.el.ul(rx.foreach(BillingState.usage, _usage_row), class_name="mt-4 grid gap-4"),
            _waiting(),
        ),
        id="usage",
        class_name="lg:col-span-3",
    )


def _usage_row(row: UsageRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.label),
            rx.el.span(row.text, class_name="text-muted tabular-nums"),
            class_name="flex justify-between gap-4 text-sm",
        ),
        rx.cond(row.limit > 0, _meter(row)),
    )


def _meter(row: UsageRow) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            class_name=rx.cond(
                row.percent >= 100, "h-full rounded-full bg-bad", "h-full rounded-full bg-accent"
            ),
            style={"width": rx.Var.create(row.percent).to_string() + "%"},
        ),
        aria_label=row.label,
        aria_valuenow=row.used,
        aria_valuemin=0,
        aria_valuemax=row.limit,
        aria_valuetext=row.text,
        custom_attrs={"role": "meter"},
        class_name="mt-2 h-1.5 rounded-full bg-sunken overflow-hidden",
    )


def invoices() -> rx.Component:
    return section(
        "Invoices",
        rx.cond(
            BillingState.loaded,
            rx.cond(
                BillingState.invoices.length() > 0,
                rx.el.ul(
                    rx.foreach(BillingState.invoices, _invoice_row),
                    id="invoice-list",
                    class_name="mt-3 -mb-2 divide-y divide-line",
                ),
                rx.el.div(
                    empty_state(
                        icon_name="receipt",
                        title="No invoices yet",
                        text="Each payment leaves one here, with its PDF.",
                    ),
                    id="invoice-list",
                ),
            ),
            _waiting(),
        ),
        class_name="lg:col-span-6",
    )


def _invoice_row(row: InvoiceRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.day, class_name="font-medium whitespace-nowrap"),
            rx.el.span(row.number, class_name="text-faint truncate"),
            class_name="min-w-0 flex flex-col sm:flex-row sm:gap-6 sm:items-baseline grow",
        ),
        rx.el.span(row.total, class_name="tabular-nums font-medium"),
        pill(row.status),
        rx.el.span(
            rx.cond(
                row.hosted_url != "",
                outside_link("View", visually_hidden(" invoice ", row.number), href=row.hosted_url),
            ),
            rx.cond(
                row.pdf_url != "",
                outside_link("PDF", visually_hidden(" of invoice ", row.number), href=row.pdf_url),
            ),
            class_name="flex gap-4",
        ),
        class_name="flex flex-wrap items-center gap-x-5 gap-y-2 py-3 text-sm",
    )


def audit() -> rx.Component:
    return section(
        "Audit log",
        rx.cond(
            BillingState.loaded,
            rx.cond(
                BillingState.audit.length() > 0,
                rx.el.ol(
                    rx.foreach(BillingState.audit, _audit_row),
                    id="audit-list",
                    class_name="mt-3 -mb-2 divide-y divide-line",
                ),
                rx.el.div(
                    empty_state(
                        icon_name="scroll-text",
                        title="Nothing on record yet",
                        text="Every change of plan, status, credits and customer is written down here.",
                    ),
                    id="audit-list",
                ),
            ),
            _waiting(),
        ),
        class_name="lg:col-span-6",
    )


def _audit_row(row: AuditRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.summary, class_name="grow basis-64 min-w-0"),
        rx.el.span(row.actor, class_name="text-muted truncate max-w-[28ch]"),
        rx.el.span(row.at, class_name="text-faint tabular-nums whitespace-nowrap"),
        class_name="flex flex-wrap items-baseline gap-x-5 gap-y-0.5 py-3 text-sm",
    )


def _waiting() -> rx.Component:
    line = skeleton("h-4 w-full")
    return rx.el.div(line, line, line, class_name="mt-4 grid gap-3.5")
