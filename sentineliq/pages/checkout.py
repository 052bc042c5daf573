"""Where Stripe's checkout returns to: the payment's outcome, live."""

import reflex as rx

from ..components.buttons import Look, button_link
from ..components.feedback import Tone, badge, spinner
from ..components.layout import card
from ..components.words import t
from ..state import paths
from ..state.checkout import CheckoutState, Phase
from .shell import shell


def checkout() -> rx.Component:
    return shell(
        card(
            rx.el.div(_sign(), class_name="h-14 grid place-items-center"),
            rx.el.div(
                rx.el.h1(
                    _headline(),
                    id="checkout-status",
                    class_name="mt-6 text-2xl font-semibold tracking-[-0.018em]",
                ),
                rx.el.p(_explanation(), class_name="mt-2 mx-auto text-muted max-w-[42ch] min-h-12"),
                role="status",
            ),
            rx.el.div(_way_on(), class_name="mt-6 min-h-10 flex flex-wrap justify-center gap-3"),
            class_name="max-w-[520px] mx-auto my-2 sm:my-12 px-6 py-10 sm:py-14 text-center",
        ),
    )


def _sign() -> rx.Component:
    return rx.fragment(
        rx.match(
            CheckoutState.phase,
            (Phase.PROCESSING.value, badge("clock", tone=Tone.NEUTRAL, size="large")),
            (Phase.SUCCESSFUL.value, badge("check", tone=Tone.GOOD, size="large")),
            (Phase.FAILED.value, badge("x", tone=Tone.BAD, size="large")),
            (Phase.CANCELED.value, badge("undo-2", tone=Tone.NEUTRAL, size="large")),
            (Phase.EXPIRED.value, badge("clock", tone=Tone.NEUTRAL, size="large")),
            (Phase.UNKNOWN.value, badge("search-x", tone=Tone.NEUTRAL, size="large")),
            spinner("size-7 text-accent-text"),
        )
    )


def _headline() -> rx.Component:
    return rx.fragment(
        rx.match(
            CheckoutState.phase,
            (Phase.CONFIRMING.value, t("Confirming your payment…")),
            (Phase.PROCESSING.value, t("Waiting for your bank")),
            (Phase.SUCCESSFUL.value, t("Payment successful")),
            (Phase.FAILED.value, t("Payment failed")),
            (Phase.CANCELED.value, t("Payment canceled")),
            (Phase.EXPIRED.value, t("This checkout has expired")),
            (Phase.UNKNOWN.value, t("No such checkout")),
            t("One moment…"),
        )
    )


def _explanation() -> rx.Component:
    return rx.fragment(
        rx.match(
            CheckoutState.phase,
            (Phase.CONFIRMING.value, _patience()),
            (Phase.SUCCESSFUL.value, t("Thank you. Your workspace is up to date, and a mail is on its way.")),
            (
                Phase.PROCESSING.value,
                t(
                    "A bank debit takes a few business days. You may leave this page: billing updates by "
                    "itself, and a mail tells you how it ended."
                ),
            ),
            (
                Phase.FAILED.value,
                t(
                    "Your bank did not send the money, so nothing was added. Try again, or change the "
                    "payment method on the billing page."
                ),
            ),
            (Phase.CANCELED.value, t("Nothing was charged. You can pick a plan whenever you like.")),
            (Phase.EXPIRED.value, t("It was not paid in time, and nothing was charged.")),
            (Phase.UNKNOWN.value, t("This workspace has no checkout of that name. Nothing has changed.")),
            "",
        )
    )


def _patience() -> rx.Var:
    return rx.cond(
        CheckoutState.slow,
        t("This takes longer than usual. You may leave this page: billing updates by itself."),
        t("We are waiting for Stripe's word. This page changes by itself."),
    )


def _way_on() -> rx.Component:
    to_billing = button_link(t("Go to billing"), href=paths.BILLING)
    aside = button_link(t("Go to billing"), href=paths.BILLING, look=Look.SECONDARY)
    return rx.fragment(
        rx.match(
            CheckoutState.phase,
            (Phase.LOADING.value, rx.fragment()),
            (Phase.CONFIRMING.value, aside),
            (Phase.PROCESSING.value, aside),
            (Phase.SUCCESSFUL.value, to_billing),
            (Phase.FAILED.value, rx.fragment(button_link(t("Try again"), href=paths.PRICING), aside)),
            rx.fragment(
                to_billing, button_link(t("Back to pricing"), href=paths.PRICING, look=Look.SECONDARY)
            ),
        )
    )
