"""The workspace's billing: plan, credits, card, usage, invoices and audit log."""

import reflex as rx

from ..billing.views import BillingAlert
from ..components.buttons import Look, Size, button, button_link, text_link
from ..components.feedback import Tone, once_loaded, pill, skeleton
from ..components.icons import icon
from ..components.layout import section
from ..components.words import t
from ..state import paths
from ..state.billing import BillingState
from ..workspaces.models import SubscriptionStatus
from .billing_payment import next_invoice, payment_method
from .billing_records import audit, invoices
from .billing_usage import usage
from .shell import shell

_BIG = "text-3xl font-semibold tracking-[-0.025em] tabular-nums"
_STATUS_TONES: dict[str, str] = {
    "": Tone.NEUTRAL.value,
    SubscriptionStatus.INCOMPLETE.value: Tone.WARN.value,
    SubscriptionStatus.TRIALING.value: Tone.ACCENT.value,
    SubscriptionStatus.ACTIVE.value: Tone.GOOD.value,
    SubscriptionStatus.CANCEL_AT_PERIOD_END.value: Tone.WARN.value,
    SubscriptionStatus.PAST_DUE.value: Tone.BAD.value,
    SubscriptionStatus.UNPAID.value: Tone.BAD.value,
    SubscriptionStatus.PAUSED.value: Tone.WARN.value,
    SubscriptionStatus.DELETED.value: Tone.NEUTRAL.value,
}

# a workspace without a plan is first asked to choose one
_WANTS_PLAN = (BillingState.status == "") | (BillingState.status == SubscriptionStatus.DELETED.value)
_MANAGE_LOOK = rx.cond(_WANTS_PLAN, Look.SECONDARY.value, Look.PRIMARY.value)


def billing() -> rx.Component:
    return shell(
        rx.el.p(
            _loaded(rx.el.span(BillingState.workspace_name, id="workspace-name"), "h-4 w-40"),
            class_name="min-h-6 text-sm font-medium text-muted [overflow-wrap:anywhere]",
        ),
        rx.el.h1(t("Billing"), class_name="text-2xl font-semibold tracking-[-0.018em]"),
        rx.el.div(_alert(), rx.cond(BillingState.stripe_is_down, _stripe_is_down()), role="status"),
        rx.el.div(
            _plan(),
            _credits(),
            payment_method(),
            usage(),
            invoices(),
            audit(),
            class_name=once_loaded(BillingState.loaded, "mt-6 grid gap-5 md:grid-cols-2 lg:grid-cols-12"),
        ),
    )


def _loaded(value: rx.Component, bar: str) -> rx.Component:
    """The value, or a bar of its size until the page has loaded."""
    return rx.cond(BillingState.loaded, value, skeleton(bar))


def _alert() -> rx.Component:
    alert = BillingState.alert
    shape = "arrives mt-6 flex flex-wrap items-center gap-x-6 gap-y-3 rounded-xl px-5 py-4"
    return rx.cond(
        alert.kind != "",
        rx.el.div(
            rx.el.div(
                icon("triangle-alert", size=18, class_name="mt-[3px]"),
                rx.el.div(
                    rx.el.p(alert.title, class_name="font-semibold"),
                    rx.el.p(alert.text, class_name="mt-0.5 text-sm"),
                ),
                class_name="flex gap-3 grow basis-80",
            ),
            rx.cond(alert.action != "", _alert_button()),
            id="billing-alert",
            class_name=rx.cond(
                (alert.kind == BillingAlert.PAST_DUE.value) | (alert.kind == BillingAlert.UNPAID.value),
                f"{shape} {Tone.BAD.value}",
                f"{shape} {Tone.WARN.value}",
            ),
        ),
    )


def _alert_button() -> rx.Component:
    return button(
        BillingState.alert.action,
        look=Look.SECONDARY,
        size=Size.SMALL,
        busy=BillingState.managing,
        on_click=BillingState.answer_alert,
    )


def _stripe_is_down() -> rx.Component:
    return rx.el.div(
        icon("cloud-off", size=18, class_name="mt-[3px]"),
        rx.el.p(
            t("Stripe cannot be reached right now, and nothing is lost."),
            " ",
            rx.cond(
                BillingState.last_told != "",
                t(
                    "Plan, credits and invoices are from our own records, as of {moment}.",
                    moment=BillingState.last_told,
                ),
                t("Plan, credits and invoices are from our own records."),
            ),
        ),
        id="stripe-down",
        class_name=f"arrives mt-6 flex gap-3 rounded-xl px-5 py-4 text-sm {Tone.NEUTRAL.value}",
    )


def _plan() -> rx.Component:
    return section(
        "Plan",
        rx.el.div(
            _loaded(rx.el.p(BillingState.plan_name, id="plan-name", class_name=_BIG), "h-9 w-28"),
            rx.cond(BillingState.loaded, _status()),
            class_name="mt-3 min-h-[38px] flex flex-wrap items-center gap-3",
        ),
        rx.el.p(_loaded(_renewal(), "h-4 w-44"), class_name="mt-1.5 text-sm text-muted"),
        rx.cond(
            BillingState.complimentary != "",
            rx.el.p(
                icon("gift", class_name="mt-[3px]"),
                rx.el.span(BillingState.complimentary),
                id="complimentary",
                class_name=f"mt-3 flex gap-2 rounded-lg px-3 py-2 text-sm {Tone.ACCENT}",
            ),
        ),
        next_invoice(),
        rx.el.div(
            button(
                t("Manage subscription"),
                icon("arrow-up-right"),
                id="manage-subscription",
                look=_MANAGE_LOOK,
                busy=BillingState.managing,
                enabled=BillingState.can_manage,
                on_click=BillingState.manage_subscription,
            ),
            rx.cond(
                _WANTS_PLAN,
                button_link(t("Choose a plan"), href=paths.PRICING, class_name="order-first"),
                rx.cond(
                    BillingState.can_manage & BillingState.is_subscribed,
                    button_link(
                        t("Change plan"), href=paths.PLAN_CHANGE, id="change-plan", look=Look.SECONDARY
                    ),
                    button_link(t("See plans"), href=paths.PRICING, look=Look.SECONDARY),
                ),
            ),
            class_name="mt-auto pt-6 flex flex-wrap gap-3 max-sm:[&>*]:grow",
        ),
        rx.cond(
            BillingState.loaded & ~BillingState.can_manage,
            rx.el.p(
                t("Only the owner of this workspace can change it."), class_name="mt-3 text-sm text-faint"
            ),
        ),
        class_name="md:col-span-2 lg:col-span-5",
    )


def _status() -> rx.Component:
    return pill(
        rx.el.span(class_name="size-1.5 rounded-full bg-current", aria_hidden="true"),
        rx.el.span(BillingState.status_label, id="subscription-status"),
        tone=rx.Var.create(_STATUS_TONES)[BillingState.status],
    )


def _renewal() -> rx.Component:
    renewal = BillingState.renewal
    return rx.cond(
        renewal.day != "",
        rx.fragment(
            renewal.label,
            " ",
            rx.el.span(renewal.day, id="renewal-date", class_name="font-medium text-ink"),
            rx.cond(
                renewal.left != "",
                rx.fragment(", ", rx.el.span(renewal.left, id="trial-days-left")),
            ),
        ),
        rx.el.span(renewal.label, id="renewal-date"),
    )


def _credits() -> rx.Component:
    return section(
        "Credits",
        rx.el.div(
            _loaded(rx.el.p(BillingState.credits, id="credits-balance", class_name=_BIG), "h-9 w-14"),
            class_name="mt-3 min-h-[38px] flex items-center",
        ),
        rx.el.p(t("Bought once, they never expire."), class_name="mt-1.5 text-sm text-muted"),
        rx.el.p(
            text_link(t("History and more credits"), href=paths.CREDITS), class_name="mt-auto pt-6 text-sm"
        ),
        class_name="lg:col-span-3",
    )
