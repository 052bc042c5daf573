"""One workspace's lists: payments with their refunds, invoices, credits, audit log."""

import reflex as rx

from ...components.buttons import Look, Size, button, outside_link
from ...components.dialog import dialog_form, refusal_of
from ...components.effects import effect
from ...components.feedback import empty_state, pill, skeleton_lines
from ...components.forms import choice, field
from ...components.layout import section, visually_hidden
from ...state.billing_rows import InvoiceRow
from ...state.staff.workspace import StaffWorkspaceState
from ...state.staff.workspace_rows import AuditRow, MovementRow, PaymentRow

_WIDE = "lg:col-span-2"
_LIST = "mt-3 -mb-2 divide-y divide-line text-sm"
_ROW = "flex flex-wrap items-center gap-x-4 gap-y-1 py-3"


def payments() -> rx.Component:
    state = StaffWorkspaceState
    return section(
        "Payments at Stripe",
        rx.cond(
            state.payments_loaded,
            rx.cond(
                state.payments_problem != "",
                rx.el.p(state.payments_problem, class_name="mt-3 text-sm text-bad"),
                rx.cond(
                    state.payments,
                    rx.el.ul(rx.foreach(state.payments, _payment), id="payment-list", class_name=_LIST),
                    empty_state(icon_name="receipt", title="No payments", text="Nothing was charged yet."),
                ),
            ),
            skeleton_lines(2),
        ),
        rx.cond(state.refunding.id != "", _refund()),
        effect("if (VALUE) document.getElementById('amount').focus();", of=rx.Var.create(state.refunding.id)),
        class_name=_WIDE,
    )


def _payment(payment: PaymentRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(payment.day, class_name="font-medium whitespace-nowrap"),
        rx.el.span(payment.what, class_name="grow basis-40 min-w-0 text-muted break-words"),
        rx.cond(
            payment.refunded != "",
            rx.el.span(payment.refunded, " refunded", class_name="text-muted tabular-nums"),
        ),
        rx.cond(
            payment.failed != "",
            rx.el.span("refund of ", payment.failed, " failed", class_name="text-muted tabular-nums"),
        ),
        pill(payment.status),
        rx.el.span(payment.amount, class_name="font-medium tabular-nums"),
        rx.cond(
            payment.can_refund,
            button(
                "Refund",
                visually_hidden(" ", payment.amount, " of ", payment.day),
                look=Look.SECONDARY,
                size=Size.SMALL,
                on_click=StaffWorkspaceState.choose_payment(payment.id),
            ),
        ),
        class_name=_ROW,
    )


def _refund() -> rx.Component:
    payment = StaffWorkspaceState.refunding
    return dialog_form(
        rx.el.p(
            "Refund ",
            rx.el.span(payment.what, class_name="font-medium"),
            " of ",
            payment.day,
            ". Credits that it bought go back in proportion, as far as they are unspent.",
            class_name="text-sm text-muted sm:col-span-3",
        ),
        field(
            label="Amount",
            name="amount",
            kind="text",
            autocomplete="off",
            typed=payment.left,
            hint=rx.Var.create("In ") + payment.currency + ", at most what stands here.",
            fault=refusal_of("amount"),
        ),
        choice(
            rx.el.option("Requested by customer", value="requested_by_customer"),
            rx.el.option("Duplicate", value="duplicate"),
            rx.el.option("Fraudulent", value="fraudulent"),
            label="Stripe's reason",
            name="reason",
        ),
        field(
            label="Our reason",
            name="note",
            kind="text",
            autocomplete="off",
            hint="Kept at Stripe and in the audit log.",
            fault=refusal_of("note"),
        ),
        rx.el.div(
            button(
                "Refund now",
                type="submit",
                look=Look.DANGER,
                size=Size.SMALL,
                busy=StaffWorkspaceState.busy == "refund",
            ),
            button(
                "Cancel",
                look=Look.SECONDARY,
                size=Size.SMALL,
                on_click=StaffWorkspaceState.choose_payment(""),
            ),
            class_name="flex flex-wrap gap-3 sm:col-span-3",
        ),
        id="refund-form",
        on_submit=StaffWorkspaceState.refund,
        class_name="mt-5 rounded-lg bg-sunken p-4 grid gap-4 sm:grid-cols-3",
    )


def invoices() -> rx.Component:
    return section(
        "Invoices",
        rx.cond(
            StaffWorkspaceState.invoices,
            rx.el.ul(rx.foreach(StaffWorkspaceState.invoices, _invoice), class_name=_LIST),
            empty_state(icon_name="receipt", title="No invoices", text="None has come by an event."),
        ),
    )


def _invoice(row: InvoiceRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.day, class_name="font-medium whitespace-nowrap"),
        rx.cond(
            row.hosted_url != "",
            outside_link(row.number, href=row.hosted_url),
            rx.el.span(row.number, class_name="text-muted"),
        ),
        rx.el.span(class_name="grow"),
        pill(row.status),
        rx.el.span(row.total, class_name="font-medium tabular-nums"),
        class_name=_ROW,
    )


def credits_list() -> rx.Component:
    return section(
        "Credit entries",
        rx.cond(
            StaffWorkspaceState.movements,
            rx.el.ul(rx.foreach(StaffWorkspaceState.movements, _movement), class_name=_LIST),
            empty_state(icon_name="coins", title="No credits", text="None were bought, spent or given."),
        ),
    )


def _movement(row: MovementRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.amount, class_name="font-medium tabular-nums w-14"),
        rx.el.span(row.description, class_name="grow basis-40 min-w-0 break-words"),
        rx.el.span("balance ", row.balance, class_name="text-muted tabular-nums"),
        rx.el.span(row.at, class_name="text-faint tabular-nums"),
        class_name=_ROW,
    )


def audit() -> rx.Component:
    return section(
        "Audit log",
        rx.el.ol(rx.foreach(StaffWorkspaceState.audit, _entry), id="staff-audit", class_name=_LIST),
        class_name=_WIDE,
    )


def _entry(row: AuditRow) -> rx.Component:
    return rx.el.li(
        rx.el.span(row.summary, class_name="grow basis-64 min-w-0 break-words"),
        rx.el.span(
            row.actor,
            rx.cond(row.origin != "", rx.fragment(" from ", row.origin)),
            class_name="text-muted break-all",
        ),
        rx.el.span(row.at, class_name="text-faint tabular-nums whitespace-nowrap"),
        class_name=_ROW,
    )
