"""What SentinelIQ costs. The plans are ours and stand at once; the prices are Stripe's and follow."""

import reflex as rx

from ..billing.plans import PaymentPlan, PaymentPlanId, payment_plans
from ..components.buttons import Look, Size, button
from ..components.feedback import Tone, pill, skeleton
from ..components.icons import icon
from ..components.intervals import interval_switch
from ..components.words import by_language, t
from ..state.pricing import Offer, PricingState
from .shell import shell


def pricing() -> rx.Component:
    return shell(
        rx.el.div(
            rx.el.h1(t("Pricing"), class_name="text-3xl sm:text-4xl font-semibold tracking-[-0.028em]"),
            rx.el.p(
                t("Start free. Upgrade when your team does. Cancel whenever you like."),
                class_name="mt-3 text-lg text-muted",
            ),
            rx.cond(PricingState.by_the_year, rx.el.div(_interval_switch(), class_name="mt-6")),
            class_name="text-center pt-2 sm:pt-6 pb-9 sm:pb-14",
        ),
        rx.el.div(
            *[_plan_card(plan) for plan in payment_plans().values()],
            class_name="grid gap-5 lg:grid-cols-3 max-w-[440px] lg:max-w-none mx-auto",
        ),
        rx.cond(PricingState.stale_since != "", _as_of()),
        rx.cond(
            PricingState.has_trial,
            rx.el.p(
                t(
                    "A trial asks for a card and becomes the paid plan at its end, unless it is canceled "
                    "before. There is one for each workspace, owner and card: whoever has had one is charged "
                    "at once."
                ),
                id="trial-terms",
                class_name="mt-8 mx-auto max-w-2xl text-center text-sm text-faint",
            ),
        ),
        rx.el.p(
            t("Taxes are added at checkout where they apply. Promotion codes are welcome there."),
            class_name="mt-8 text-center text-sm text-faint",
        ),
    )


def _plan_card(plan: PaymentPlan) -> rx.Component:
    offer = PricingState.offers[plan.id.value]
    featured = plan.id is PaymentPlanId.PRO
    return rx.el.section(
        rx.el.div(
            rx.el.h2(t(plan.name), id=f"plan-{plan.id}-name", class_name="text-lg font-semibold"),
            rx.cond(offer.is_current, pill(t("Current plan"), tone=Tone.ACCENT)),
            class_name="flex items-center justify-between gap-3 min-h-7",
        ),
        rx.el.p(
            by_language(lambda: payment_plans()[plan.id].description),
            class_name="mt-1.5 text-sm text-muted lg:min-h-[42px]",
        ),
        _price(offer),
        rx.el.p(
            offer.trial,
            id=f"trial-{plan.id}",
            class_name="mt-2 min-h-5 text-sm font-medium text-accent-text",
        ),
        _buy_button(plan, offer, featured=featured),
        rx.el.ul(
            *[_feature(plan, index) for index in range(len(plan.features))],
            class_name="mt-6 pt-6 border-t border-line grid gap-3 text-sm",
        ),
        id=f"plan-{plan.id}",
        aria_labelledby=f"plan-{plan.id}-name",
        class_name="rounded-2xl border bg-surface p-6 sm:p-7 "
        + ("border-accent shadow-float" if featured else "border-line shadow-card"),
    )


def _as_of() -> rx.Component:
    return rx.el.p(
        t("Stripe cannot be reached right now: prices as of {moment}.", moment=PricingState.stale_since),
        id="prices-as-of",
        class_name="mt-8 text-center text-sm text-warn",
    )


def _interval_switch() -> rx.Component:
    return interval_switch(yearly=PricingState.yearly, on_choice=PricingState.show_yearly)


def _price(offer: Offer) -> rx.Component:
    yearly = PricingState.yearly & (offer.annual_price != "")
    return rx.el.div(
        rx.cond(
            offer.price != "",
            rx.fragment(
                rx.el.span(
                    rx.cond(yearly, offer.annual_price, offer.price),
                    class_name="text-[2rem] leading-10 font-semibold tracking-[-0.03em] tabular-nums",
                ),
                rx.el.span(
                    rx.cond(yearly, offer.annual_interval, offer.interval),
                    class_name="text-sm text-muted pb-1.5",
                ),
            ),
            rx.cond(
                offer.unpriced,
                rx.el.span(t("The price cannot be shown right now."), class_name="text-sm text-muted pb-1.5"),
                skeleton("h-9 w-36"),
            ),
        ),
        class_name="mt-5 h-11 flex items-end gap-2",
    )


def _buy_button(plan: PaymentPlan, offer: Offer, *, featured: bool) -> rx.Component:
    return button(
        rx.cond(offer.label != "", offer.label, t("Loading…")),
        id=f"buy-{plan.id}",
        look=Look.PRIMARY if featured else Look.SECONDARY,
        size=Size.LARGE,
        busy=PricingState.busy == plan.id.value,
        enabled=offer.is_open,
        on_click=PricingState.choose(plan.id.value),
        class_name="w-full mt-3",
    )


def _feature(plan: PaymentPlan, index: int) -> rx.Component:
    text = by_language(lambda: payment_plans()[plan.id].features[index])
    return rx.el.li(
        icon("check", class_name="mt-[3px] text-accent-text"), rx.el.span(text), class_name="flex gap-2.5"
    )
