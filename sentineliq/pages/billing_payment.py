"""The billing page's card that pays, where receipts go, and the next invoice."""

import reflex as rx

from ..components.buttons import Look, Size, button
from ..components.feedback import Tone, skeleton
from ..components.icons import icon
from ..components.layout import section
from ..components.words import sentence, t
from ..state.billing import BillingState


def next_invoice() -> rx.Component:
    """Below the renewal date, which is ours to know; amount and plan to come are Stripe's, and follow."""
    coming = BillingState.next_invoice
    return rx.el.div(
        rx.cond(
            coming.change != "",
            rx.el.p(coming.change, id="planned-change", class_name="font-medium text-ink"),
        ),
        rx.cond(
            coming.total != "",
            rx.el.p(
                sentence(
                    "Next invoice {total} on {day}",
                    total=rx.el.span(coming.total, class_name="font-medium text-ink tabular-nums"),
                    day=coming.day,
                ),
                rx.cond(coming.note != "", rx.el.span(" (", coming.note, ")")),
                rx.cond(coming.as_of != "", rx.el.span(t(", as of {moment}", moment=coming.as_of))),
            ),
            rx.cond(coming.problem != "", rx.el.p(coming.problem)),
        ),
        id="next-invoice",
        class_name="mt-1 min-h-5 text-sm text-muted",
    )


def payment_method() -> rx.Component:
    return section(
        "Payment method",
        rx.el.div(_card(), id="payment-method", class_name="mt-4"),
        rx.cond(BillingState.has_customer, _receipts()),
        rx.cond(
            BillingState.can_manage & BillingState.has_customer,
            rx.el.div(
                button(
                    t("Change card"),
                    id="change-card",
                    look=Look.SECONDARY,
                    size=Size.SMALL,
                    busy=BillingState.managing,
                    on_click=BillingState.change_card,
                ),
                button(
                    t("Billing details"),
                    icon("arrow-up-right"),
                    id="billing-details",
                    look=Look.QUIET,
                    size=Size.SMALL,
                    busy=BillingState.managing,
                    on_click=BillingState.manage_subscription,
                    title=t("Billing address, email and tax ID, in the customer portal"),
                ),
                class_name="mt-auto pt-5 flex flex-wrap gap-2",
            ),
        ),
        class_name="lg:col-span-4",
    )


def _receipts() -> rx.Component:
    return rx.cond(
        BillingState.billing_email != "",
        rx.el.p(
            sentence(
                "Receipts go to {email}",
                email=rx.el.span(
                    BillingState.billing_email,
                    id="billing-email",
                    class_name="block [overflow-wrap:anywhere] text-ink",
                ),
            ),
            class_name="mt-3 text-sm text-muted",
        ),
    )


def _card() -> rx.Component:
    card = BillingState.card
    return rx.cond(
        BillingState.card_loaded,
        rx.cond(
            card.last4 != "",
            rx.el.div(
                rx.el.div(
                    icon("credit-card", size=20, class_name="mt-0.5 text-muted"),
                    rx.el.div(
                        rx.el.p(
                            t("{brand} ending in {last4}", brand=card.brand, last4=card.last4),
                            class_name="font-medium",
                        ),
                        rx.el.p(
                            t("Expires {date}", date=card.expires), class_name="mt-0.5 text-sm text-muted"
                        ),
                    ),
                    class_name="flex gap-3",
                ),
                rx.cond(
                    card.as_of != "",
                    rx.el.p(t("As of {moment}", moment=card.as_of), class_name="mt-2 text-sm text-faint"),
                ),
                rx.cond(card.warning != "", _warning()),
            ),
            rx.el.p(
                rx.cond(
                    BillingState.card_problem != "",
                    BillingState.card_problem,
                    t("No card yet. You add one when you buy a plan."),
                ),
                class_name="text-sm text-muted",
            ),
        ),
        rx.el.div(skeleton("h-5 w-full"), skeleton("h-4 w-24"), class_name="grid gap-2"),
    )


def _warning() -> rx.Component:
    return rx.el.p(
        icon("triangle-alert", size=14, class_name="mt-[3px]"),
        rx.el.span(BillingState.card.warning),
        id="card-warning",
        class_name=f"mt-3 flex gap-2 rounded-lg px-3 py-2 text-sm {Tone.WARN}",
    )
