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
            (Phase.SUCCESSFUL.value, badge("check", tone=Tone.GOOD, size="large")),
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
            (Phase.SUCCESSFUL.value, t("Payment successful")),
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
    return rx.fragment(
        rx.match(
            CheckoutState.phase,
            (Phase.LOADING.value, rx.fragment()),
            (
                Phase.CONFIRMING.value,
                button_link(t("Go to billing"), href=paths.BILLING, look=Look.SECONDARY),
            ),
            (Phase.SUCCESSFUL.value, to_billing),
            rx.fragment(
                to_billing, button_link(t("Back to pricing"), href=paths.PRICING, look=Look.SECONDARY)
            ),
        )
    )
