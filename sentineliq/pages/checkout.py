"""Where Stripe's checkout returns to: the payment's outcome, live."""

import reflex as rx

from ..components.buttons import Look, button_link
from ..components.feedback import spinner
from ..components.icons import icon
from ..components.layout import card
from ..state import paths
from ..state.checkout import CheckoutState, Phase
from .shell import shell


def checkout() -> rx.Component:
    return shell(
        card(
            rx.match(
                CheckoutState.phase,
                (Phase.SUCCESSFUL.value, _sign("check", "bg-good-soft text-good")),
                (Phase.CANCELED.value, _sign("undo-2", "bg-sunken text-muted")),
                (Phase.EXPIRED.value, _sign("clock", "bg-sunken text-muted")),
                (Phase.UNKNOWN.value, _sign("search-x", "bg-sunken text-muted")),
                rx.el.div(spinner(size=26), class_name="grid place-items-center h-14 text-accent-text"),
            ),
            rx.el.div(
                rx.el.h1(
                    rx.match(
                        CheckoutState.phase,
                        (Phase.CONFIRMING.value, "Confirming your payment…"),
                        (Phase.SUCCESSFUL.value, "Payment successful"),
                        (Phase.CANCELED.value, "Payment canceled"),
                        (Phase.EXPIRED.value, "This checkout has expired"),
                        (Phase.UNKNOWN.value, "No such checkout"),
                        "One moment…",
                    ),
                    id="checkout-status",
                    class_name="mt-6 text-2xl font-semibold tracking-[-0.018em]",
                ),
                rx.el.p(_explanation(), class_name="mt-2 mx-auto text-muted max-w-[40ch]"),
                role="status",
            ),
            rx.el.div(_way_on(), class_name="mt-7 flex flex-wrap justify-center gap-3"),
            class_name="max-w-[520px] mx-auto my-4 sm:my-14 px-6 py-10 sm:py-14 "
            "flex flex-col items-center text-center",
        ),
    )


def _sign(icon_name: str, colours: str) -> rx.Component:
    return rx.el.div(
        icon(icon_name, size=26), class_name=f"arrives grid place-items-center size-14 rounded-full {colours}"
    )


def _explanation() -> rx.Var:
    return rx.match(
        CheckoutState.phase,
        (
            Phase.CONFIRMING.value,
            rx.cond(
                CheckoutState.slow,
                "This takes longer than usual. You may leave this page: billing updates by itself.",
                "We are waiting for Stripe's word. This page changes by itself.",
            ),
        ),
        (Phase.SUCCESSFUL.value, "Thank you. Your workspace is up to date, and a receipt is on its way."),
        (Phase.CANCELED.value, "Nothing was charged. You can pick a plan again whenever you like."),
        (Phase.EXPIRED.value, "It was not paid in time, and nothing was charged."),
        (Phase.UNKNOWN.value, "This workspace has no checkout of that name. Nothing has changed."),
        "",
    )


def _way_on() -> rx.Component:
    to_billing = button_link("Go to billing", href=paths.BILLING)
    to_pricing = button_link("Back to pricing", href=paths.PRICING, look=Look.SECONDARY)
    return rx.match(
        CheckoutState.phase,
        (Phase.LOADING.value, rx.fragment()),
        (Phase.CONFIRMING.value, button_link("Go to billing", href=paths.BILLING, look=Look.SECONDARY)),
        (Phase.SUCCESSFUL.value, to_billing),
        rx.fragment(to_billing, to_pricing),
    )
