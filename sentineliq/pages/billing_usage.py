"""The billing page's usage and limits: a bar each, and what must go where a smaller plan no longer fits."""

import reflex as rx

from ..components.buttons import link
from ..components.feedback import Tone, pill, skeleton_lines
from ..components.icons import icon
from ..components.layout import section
from ..components.words import sentence, t
from ..state import paths
from ..state.billing import BillingState
from ..state.usage_rows import UsageLevel, UsageRow

_BARS = {
    UsageLevel.FINE.value: "h-full bg-accent",
    UsageLevel.NEAR.value: "h-full bg-warn",
    UsageLevel.FULL.value: "h-full bg-warn",
    UsageLevel.EXCEEDED.value: "h-full bg-bad",
}


def usage() -> rx.Component:
    return section(
        "Usage and limits",
        rx.cond(
            BillingState.loaded,
            rx.fragment(
                rx.cond(BillingState.over_limit, _too_much()),
                rx.el.ul(
                    rx.foreach(BillingState.usage, _usage_row),
                    id="usage-list",
                    class_name="mt-4 grid gap-x-8 gap-y-5 sm:grid-cols-2 lg:grid-cols-5",
                ),
            ),
            skeleton_lines(1),
        ),
        class_name="md:col-span-2 lg:col-span-12",
    )


def _too_much() -> rx.Component:
    return rx.el.div(
        icon("triangle-alert", size=18, class_name="mt-[3px]"),
        rx.el.p(
            sentence(
                "This workspace holds more than {plan} allows. Nothing is deleted: make room as said below, "
                "or {choose}.",
                plan=BillingState.plan_name,
                choose=link(
                    t("choose a larger plan"),
                    href=paths.PRICING,
                    class_name="underline underline-offset-4",
                ),
            ),
            class_name="text-sm",
        ),
        id="usage-exceeded",
        class_name=f"mt-4 flex gap-3 rounded-lg px-4 py-3 {Tone.BAD}",
    )


def _usage_row(row: UsageRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.label),
            rx.el.span(row.text, class_name="text-muted tabular-nums"),
            class_name="flex flex-wrap lg:flex-col justify-between gap-x-3 text-sm",
        ),
        rx.cond(row.has_meter, _meter(row)),
        rx.match(
            row.level,
            (UsageLevel.NEAR.value, _note(pill(t("Almost used up"), tone=Tone.WARN))),
            (UsageLevel.FULL.value, _note(pill(t("All used up"), tone=Tone.WARN))),
            (
                UsageLevel.EXCEEDED.value,
                _note(
                    pill(t("Over the limit"), tone=Tone.BAD),
                    rx.el.p(row.must_go, class_name="mt-2 text-sm text-muted"),
                ),
            ),
            rx.fragment(),
        ),
        custom_attrs={"data-level": row.level},
    )


def _note(*content: rx.Component) -> rx.Component:
    return rx.el.div(*content, class_name="mt-2.5")


def _meter(row: UsageRow) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            class_name=rx.Var.create(_BARS)[row.level],
            custom_attrs={"style": {"width": rx.Var.create(row.percent).to_string() + "%"}},
        ),
        aria_label=row.label,
        aria_valuenow=row.percent,
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuetext=row.text,
        custom_attrs={"role": "meter"},
        class_name="mt-2.5 h-1.5 rounded-full bg-sunken overflow-hidden [&>*]:rounded-full",
    )
