"""What SentinelIQ is."""

import reflex as rx

from ..components.buttons import Look, Size, button_link
from ..components.icons import icon
from ..components.layout import WIDE
from ..components.words import t
from ..i18n import mark
from ..state import paths
from ..state.session import SessionState
from .home_preview import preview
from .shell import shell

_PROMISES = (
    (
        "radio",
        mark("Live in every tab"),
        mark("A payment lands, a plan changes: every open page of every member shows it. No reload."),
    ),
    (
        "scroll-text",
        mark("On record, for good"),
        mark("An audit log that is only ever added to: who did what, from what to what, and when."),
    ),
    (
        "credit-card",
        mark("Paid through Stripe"),
        mark("Checkout, cards and invoices stay with Stripe. Card numbers never reach our servers."),
    ),
    (
        "bell-ring",
        mark("Told, not surprised"),
        mark("A failed payment tells the owner at once, and the plan stays on while it is retried."),
    ),
    (
        "coins",
        mark("Credits when you need more"),
        mark("Buy ten at a time, with a subscription or without one. They never expire."),
    ),
    (
        "users",
        mark("Roles that hold"),
        mark("The owner acts on billing, members read it, and strangers learn nothing at all."),
    ),
)


def home() -> rx.Component:
    return shell(
        rx.el.div(
            rx.el.div(class_name="grid-backdrop absolute inset-0 -z-10", aria_hidden="true"),
            rx.el.div(
                _headline(),
                preview(),
                class_name=f"{WIDE} pt-16 sm:pt-24 pb-16 sm:pb-24 grid gap-14 lg:gap-20",
            ),
            class_name="relative isolate",
        ),
        _promises(),
        _closing(),
        bare=True,
    )


def _headline() -> rx.Component:
    return rx.el.div(
        rx.el.h1(
            t("Know what happened, the moment it happens."),
            class_name="text-4xl sm:text-5xl font-semibold tracking-[-0.032em] max-w-[20ch] mx-auto",
        ),
        rx.el.p(
            t(
                "SentinelIQ keeps watch over your team's workspace: what was paid, what changed, who "
                "changed it and what needs you."
            ),
            class_name="mt-5 mx-auto max-w-[52ch] text-lg text-muted",
        ),
        rx.el.div(_call_to_action(), class_name="mt-8 flex flex-wrap gap-3 justify-center"),
        class_name="text-center",
    )


def _call_to_action() -> rx.Component:
    return rx.fragment(
        rx.cond(
            SessionState.signed_in,
            button_link(t("Open billing"), href=paths.BILLING, size=Size.LARGE),
            button_link(t("Start free"), href=paths.SIGN_UP, size=Size.LARGE),
        ),
        button_link(t("See pricing"), href=paths.PRICING, look=Look.SECONDARY, size=Size.LARGE),
    )


def _promises() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(
                t("Made so that you can stop checking."),
                class_name="text-2xl sm:text-3xl font-semibold tracking-[-0.025em] max-w-[24ch]",
            ),
            rx.el.ul(
                *[_promise(*promise) for promise in _PROMISES],
                class_name="mt-10 grid gap-x-10 gap-y-9 sm:grid-cols-2 lg:grid-cols-3",
            ),
            class_name=f"{WIDE} py-16 sm:py-24",
        ),
        class_name="border-t border-line bg-surface",
    )


def _promise(icon_name: str, title: str, text: str) -> rx.Component:
    return rx.el.li(
        icon(icon_name, size=20, class_name="text-accent-text"),
        rx.el.h3(t(title), class_name="mt-3.5 font-semibold"),
        rx.el.p(t(text), class_name="mt-1 text-sm text-muted max-w-[40ch]"),
    )


def _closing() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(
                t("Up in a minute, free to start."),
                class_name="text-2xl sm:text-3xl font-semibold tracking-[-0.025em]",
            ),
            rx.el.p(t("A workspace of your own. No card needed."), class_name="mt-3 text-muted"),
            rx.el.div(_call_to_action(), class_name="mt-7 flex flex-wrap gap-3 justify-center"),
            class_name=f"{WIDE} py-16 sm:py-24 text-center",
        ),
        class_name="border-t border-line",
    )
