"""The billing page's lists: invoices, audit log."""

import reflex as rx

from ..components.buttons import Look, Size, button, outside_link, text_link
from ..components.feedback import Tone, empty_state, pill, skeleton_lines
from ..components.layout import section, visually_hidden
from ..components.words import t
from ..state import paths
from ..state.billing import BillingState
from ..state.billing_rows import AuditRow, InvoiceRow

_WIDE = "md:col-span-2 lg:col-span-12"
_LIST = "mt-3 -mb-2 divide-y divide-line text-sm"


def invoices() -> rx.Component:
    return section(
        "Invoices",
        rx.cond(
            BillingState.loaded,
            rx.cond(
                BillingState.invoices,
                rx.el.ul(
                    rx.foreach(BillingState.invoices, _invoice_row), id="invoice-list", class_name=_LIST
                ),
                empty_state(
                    id="invoice-list",
                    icon_name="receipt",
                    title=t("No invoices yet"),
                    text=t("Each payment leaves one here, with its PDF."),
                ),
            ),
            skeleton_lines(3),
        ),
        rx.cond(
            BillingState.has_more_invoices,
            rx.el.div(
                button(
                    t("Load more"),
                    id="more-invoices",
                    look=Look.SECONDARY,
                    size=Size.SMALL,
                    on_click=BillingState.load_more_invoices,
                ),
                class_name="mt-5",
            ),
        ),
        class_name=_WIDE,
    )


def _invoice_row(row: InvoiceRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.day, class_name="font-medium whitespace-nowrap"),
        rx.el.span(
            row.number, class_name="order-3 sm:order-none col-span-2 sm:col-span-1 text-muted truncate"
        ),
        rx.el.span(row.total, class_name="font-medium tabular-nums text-right"),
        rx.el.span(_invoice_status(row), class_name="order-4 sm:order-none sm:text-right"),
        rx.el.span(
            rx.cond(
                row.hosted_url != "",
                outside_link(
                    t("View"),
                    visually_hidden(" ", t("invoice {number}", number=row.number)),
                    href=row.hosted_url,
                ),
            ),
            rx.cond(
                row.pdf_url != "",
                outside_link(
                    "PDF",
                    visually_hidden(" ", t("of invoice {number}", number=row.number)),
                    href=row.pdf_url,
                ),
            ),
            class_name="order-5 sm:order-none flex justify-end gap-4",
        ),
        class_name="grid grid-cols-2 sm:grid-cols-[7.5rem_1fr_7rem_7rem_6rem] items-center "
        "gap-x-4 gap-y-1 py-3",
    )


def _invoice_status(row: InvoiceRow) -> rx.Component:
    return rx.fragment(
        rx.match(
            row.kind,
            ("paid", pill(row.status, tone=Tone.GOOD)),
            ("open", pill(row.status, tone=Tone.WARN)),
            ("uncollectible", pill(row.status, tone=Tone.BAD)),
            pill(row.status),
        )
    )


def audit() -> rx.Component:
    return section(
        "Audit log",
        rx.cond(
            BillingState.loaded,
            rx.cond(
                BillingState.audit,
                rx.el.ol(rx.foreach(BillingState.audit, _audit_row), id="audit-list", class_name=_LIST),
                empty_state(
                    id="audit-list",
                    icon_name="scroll-text",
                    title=t("Nothing on record yet"),
                    text=t("Every change of plan, status, credits and customer is written down here."),
                ),
            ),
            skeleton_lines(3),
        ),
        rx.el.p(text_link(t("See the whole log"), href=paths.AUDIT), class_name="mt-5 text-sm"),
        class_name=_WIDE,
    )


def _audit_row(row: AuditRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.summary, class_name="sm:grow basis-full sm:basis-64 min-w-0"),
        rx.el.span(row.actor, class_name="text-muted truncate max-w-[30ch]"),
        rx.el.span(row.at, class_name="text-faint tabular-nums whitespace-nowrap sm:w-44 sm:text-right"),
        class_name="flex flex-wrap items-baseline gap-x-4 gap-y-0.5 py-3",
    )
