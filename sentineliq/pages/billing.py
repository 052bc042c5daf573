"""The workspace's billing: plan, credits, card, usage, invoices and audit log."""

import reflex as rx

from ..components.buttons import Look, button, button_link
from ..components.feedback import Tone, pill, skeleton
from ..components.icons import icon
from ..components.layout import section
from ..state import paths
from ..state.billing import BillingState
from .billing_records import audit, invoices, usage
from .shell import shell


def billing() -> rx.Component:
    return shell(
        rx.el.div(
            rx.el.p(
                rx.cond(
                    BillingState.loaded,
                    rx.el.span(BillingState.workspace_name, id="workspace-name"),
                    skeleton("h-4 w-40"),
                ),
                class_name="text-sm font-medium text-muted h-6",
            ),
            rx.el.h1("Billing", class_name="text-2xl font-semibold tracking-[-0.018em]"),
        ),
        rx.el.div(_alert(), role="status"),
        rx.el.div(
            _plan(),
            _credits(),
            _payment_method(),
            usage(),
            invoices(),
            audit(),
            class_name="mt-6 grid gap-5 lg:grid-cols-6 items-start",
        ),
    )


def _alert() -> rx.Component:
    alert = BillingState.alert
    return rx.cond(
        alert.kind != "",
        rx.el.div(
            icon("triangle-alert", size=18, class_name="mt-0.5"),
            rx.el.div(
                rx.el.p(alert.title, class_name="font-semibold"),
                rx.el.p(alert.text, class_name="text-sm mt-0.5"),
                class_name="min-w-0",
            ),
            id="billing-alert",
            class_name=rx.cond(
                alert.kind == "canceling",
                "arrives mt-6 flex gap-3 rounded-xl px-5 py-4 bg-warn-soft text-warn",
                "arrives mt-6 flex gap-3 rounded-xl px-5 py-4 bg-bad-soft text-bad",
            ),
        ),
    )


def _loaded(value: rx.Component, bar: str) -> rx.Component:
    return rx.cond(BillingState.loaded, value, skeleton(bar))


def _plan() -> rx.Component:
    return section(
        "Plan",
        rx.el.div(
            rx.el.div(
                _loaded(
                    rx.el.p(
                        BillingState.plan_name,
                        id="plan-name",
                        class_name="text-3xl font-semibold tracking-[-0.025em]",
                    ),
                    "h-9 w-28",
                ),
                rx.cond(BillingState.loaded, _status()),
                class_name="flex flex-wrap items-center gap-3",
            ),
            _renewal(),
            class_name="mt-3",
        ),
        rx.el.div(*_plan_actions(), class_name="mt-6 flex flex-wrap gap-3"),
        class_name="lg:col-span-4",
    )


def _status() -> rx.Component:
    tone = rx.match(
        BillingState.status,
        ("active", Tone.GOOD.value),
        ("trialing", Tone.ACCENT.value),
        ("cancel_at_period_end", Tone.WARN.value),
        ("past_due", Tone.BAD.value),
        ("unpaid", Tone.BAD.value),
        ("incomplete", Tone.WARN.value),
        ("paused", Tone.WARN.value),
        Tone.NEUTRAL.value,
    )
    return pill(
        rx.el.span(class_name="size-1.5 rounded-full bg-current", aria_hidden="true"),
        rx.el.span(BillingState.status_label, id="subscription-status"),
        tone=tone,
    )


def _renewal() -> rx.Component:
    renewal = BillingState.renewal
    return rx.el.p(
        rx.cond(
            BillingState.loaded,
            rx.cond(
                renewal.day != "",
                rx.fragment(
                    renewal.label, " ", rx.el.span(renewal.day, id="renewal-date", class_name="text-ink")
                ),
                rx.el.span("No renewal: nothing is billed.", id="renewal-date"),
            ),
            skeleton("h-4 w-44"),
        ),
        class_name="mt-2 text-sm text-muted",
    )


def _plan_actions() -> list[rx.Component]:
    return [
        button(
            "Manage subscription",
            icon("arrow-up-right"),
            id="manage-subscription",
            busy=BillingState.managing,
            disabled=~BillingState.can_manage,
            on_click=BillingState.manage_subscription,
        ),
        button_link("See plans", href=paths.PRICING, look=Look.SECONDARY),
    ]


def _credits() -> rx.Component:
    return section(
        "Credits",
        _loaded(
            rx.el.p(
                BillingState.credits,
                id="credits-balance",
                class_name="text-3xl font-semibold tracking-[-0.025em] tabular-nums",
            ),
            "h-9 w-14",
        ),
        rx.el.p("Bought once, never expire.", class_name="text-sm text-muted"),
        class_name="lg:col-span-2",
    )


def _payment_method() -> rx.Component:
    return section(
        "Payment method", rx.el.div(_card(), class_name="mt-4 min-h-11"), class_name="lg:col-span-3"
    )


def _card() -> rx.Component:
    card = BillingState.card
    return rx.cond(
        BillingState.card_loaded,
        rx.cond(
            card.last4 != "",
            rx.el.div(
                rx.el.span(
                    icon("credit-card", size=18),
                    class_name="grid place-items-center size-11 rounded-lg bg-sunken text-muted",
                ),
                rx.el.div(
                    rx.el.p(card.brand, " ending in ", card.last4, class_name="text-sm font-medium"),
                    rx.el.p("Expires ", card.expires, class_name="text-sm text-muted"),
                ),
                id="payment-method",
                class_name="flex items-center gap-3.5",
            ),
            rx.el.p(
                rx.cond(
                    BillingState.card_problem != "",
                    BillingState.card_problem,
                    "No card yet. You add one when you buy a plan.",
                ),
                id="payment-method",
                class_name="text-sm text-muted",
            ),
        ),
        rx.el.div(skeleton("size-11"), skeleton("h-4 w-40"), class_name="flex items-center gap-3.5"),
    )
