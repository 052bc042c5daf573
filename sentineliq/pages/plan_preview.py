"""What a change costs, before it is confirmed."""

import reflex as rx

from ..billing.plan_views import ChangeTime
from ..components.buttons import Look, button
from ..components.layout import section
from ..components.types import Words
from ..components.words import t
from ..state.plan_change import PlanChangeState

_FIGURE = "text-2xl font-semibold tabular-nums tracking-[-0.02em]"


def preview() -> rx.Component:
    quote = PlanChangeState.quote
    return rx.cond(
        quote.plan != "",
        rx.el.div(
            section(
                "What it costs",
                rx.cond(quote.can_wait, _when()),
                rx.el.div(
                    rx.cond(PlanChangeState.when == ChangeTime.NOW.value, _due()),
                    _figure(t("Then"), "next-renewal", quote.renewal, quote.renewal_note),
                    class_name="mt-4 grid gap-5 sm:grid-cols-2",
                ),
                rx.cond(quote.must_go, _must_go()),
                rx.el.div(
                    button(
                        t("Confirm change to {plan}", plan=quote.plan),
                        id="confirm-change",
                        busy=PlanChangeState.busy == "confirm",
                        on_click=PlanChangeState.confirm,
                    ),
                    button(t("Not now"), look=Look.SECONDARY, on_click=PlanChangeState.put_off),
                    class_name="mt-6 flex flex-wrap gap-3",
                ),
            ),
            id="plan-preview",
        ),
    )


def _due() -> rx.Component:
    quote = PlanChangeState.quote
    return _figure(t("Due now"), "due-now", quote.due, quote.due_note)


def _figure(label: Words, name: str, figure: Words, note: Words) -> rx.Component:
    return rx.el.div(
        rx.el.p(label, class_name="text-sm text-muted"),
        rx.el.p(figure, id=name, class_name=f"mt-1 {_FIGURE}"),
        rx.el.p(note, class_name="mt-1 text-sm text-muted"),
    )


def _when() -> rx.Component:
    quote = PlanChangeState.quote
    return rx.el.fieldset(
        rx.el.legend(t("When"), class_name="text-sm font-medium"),
        _time(ChangeTime.NOW, t("At once"), t("What is left of this period is settled now.")),
        _time(ChangeTime.PERIOD_END, quote.later, quote.later_note),
        class_name="mt-4 grid gap-2",
    )


def _time(when: ChangeTime, label: Words, note: Words) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            id=f"when-{when.value}",
            type="radio",
            name="when",
            value=when.value,
            default_checked=when is ChangeTime.NOW,
            on_change=PlanChangeState.set_time(when.value),
            class_name="mt-1 accent-accent",
        ),
        rx.el.span(
            rx.el.span(label, class_name="font-medium"),
            rx.el.span(note, class_name="block text-sm text-muted"),
        ),
        html_for=f"when-{when.value}",
        class_name="flex items-start gap-3",
    )


def _must_go() -> rx.Component:
    quote = PlanChangeState.quote
    return rx.el.div(
        rx.el.p(t("The workspace holds more than this plan allows:"), class_name="font-medium"),
        rx.el.ul(
            rx.foreach(quote.must_go, rx.el.li),
            class_name="mt-1 list-disc pl-5",
        ),
        rx.el.p(t("Nothing is deleted."), class_name="mt-1"),
        id="must-go",
        class_name="mt-5 rounded-lg bg-warn-soft text-warn px-4 py-3 text-sm",
    )
