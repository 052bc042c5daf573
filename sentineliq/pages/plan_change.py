"""Changing the plan in place: what holds, what may be chosen, what it costs, and how to leave."""

import reflex as rx

from ..billing.plan_views import CancellationFeedback
from ..components.buttons import Look, button, text_link
from ..components.dialog import dialog, dialog_buttons, dialog_form
from ..components.feedback import Tone, pill, skeleton_lines
from ..components.forms import choice
from ..components.icons import icon
from ..components.intervals import interval_switch
from ..components.layout import page_heading, section
from ..components.native import native_link
from ..components.words import t
from ..i18n import mark
from ..state import paths
from ..state.plan_change import PlanChangeState
from ..state.plan_rows import OfferRow
from .plan_preview import preview
from .shell import shell

_FEEDBACK = {
    "": mark("I would rather not say"),
    CancellationFeedback.TOO_EXPENSIVE: mark("It is too expensive"),
    CancellationFeedback.MISSING_FEATURES: mark("It lacks features that I need"),
    CancellationFeedback.SWITCHED_SERVICE: mark("I am switching to another service"),
    CancellationFeedback.UNUSED: mark("I do not use it enough"),
    CancellationFeedback.CUSTOMER_SERVICE: mark("Customer service was not good enough"),
    CancellationFeedback.TOO_COMPLEX: mark("It is too hard to use"),
    CancellationFeedback.LOW_QUALITY: mark("The quality was not good enough"),
    CancellationFeedback.OTHER: mark("Something else"),
}


def plan_change() -> rx.Component:
    return shell(
        rx.el.p(text_link(t("Back to billing"), href=paths.BILLING), class_name="h-6 text-sm"),
        page_heading(t("Change your plan"), rx.cond(PlanChangeState.by_the_year, _interval_switch())),
        rx.cond(
            PlanChangeState.loaded,
            rx.cond(PlanChangeState.unavailable != "", _unavailable(), _choices()),
            section("Your plan", skeleton_lines(3), class_name="mt-6"),
        ),
    )


def _interval_switch() -> rx.Component:
    return interval_switch(yearly=PlanChangeState.yearly, on_choice=PlanChangeState.show_yearly)


def _unavailable() -> rx.Component:
    return section(
        "Your plan",
        rx.el.p(PlanChangeState.unavailable, id="plan-unavailable", class_name="mt-3 text-sm text-muted"),
        rx.el.p(text_link(t("See plans"), href=paths.PRICING), class_name="mt-4 text-sm"),
        class_name="mt-6",
    )


def _choices() -> rx.Component:
    return rx.el.div(
        _standing(),
        rx.el.div(
            rx.foreach(PlanChangeState.offers, _offer),
            class_name="grid gap-5 md:grid-cols-2",
        ),
        rx.el.div(preview(), aria_live="polite"),
        _ending(),
        class_name="mt-6 grid gap-5",
    )


def _standing() -> rx.Component:
    standing = PlanChangeState.standing
    return section(
        "Your plan",
        rx.el.p(standing.plan, id="standing-plan", class_name="mt-3 text-lg font-semibold"),
        rx.cond(standing.text != "", rx.el.p(standing.text, class_name="mt-1 text-sm text-muted")),
        rx.cond(standing.is_waiting, _waiting()),
        rx.cond(standing.planned != "", _planned()),
        rx.cond(standing.ends != "", _set_to_end()),
    )


def _note(*content: rx.Component, **props) -> rx.Component:
    return rx.el.div(
        *content,
        class_name=f"mt-4 flex flex-wrap items-center justify-between gap-3 rounded-lg px-4 py-3 text-sm "
        f"{Tone.WARN}",
        **props,
    )


def _waiting() -> rx.Component:
    url = PlanChangeState.standing.waiting_url
    return _note(
        rx.el.p(t("A change waits for its payment. It lapses after a day.")),
        rx.cond(
            url != "", native_link(t("Complete the payment"), href=url, class_name="font-medium underline")
        ),
        id="change-waiting",
    )


def _planned() -> rx.Component:
    return _note(
        rx.el.p(PlanChangeState.standing.planned),
        button(
            t("Keep the present plan"),
            id="keep-plan",
            look=Look.SECONDARY,
            busy=PlanChangeState.busy == "keep",
            on_click=PlanChangeState.keep_plan,
        ),
        id="planned-change",
    )


def _set_to_end() -> rx.Component:
    return _note(
        rx.el.p(t("Set to end on {day}. Resume it to change the plan.", day=PlanChangeState.standing.ends)),
        button(
            t("Resume subscription"),
            id="resume-subscription",
            look=Look.SECONDARY,
            busy=PlanChangeState.busy == "resume",
            on_click=PlanChangeState.resume,
        ),
        id="set-to-end",
    )


def _offer(row: OfferRow) -> rx.Component:
    heading = f"offer-{row.plan_id}-name"
    chosen = PlanChangeState.chosen == row.plan_id
    shape = "rounded-xl border bg-surface shadow-card p-5 sm:p-6 flex flex-col"
    return rx.el.section(
        rx.el.div(
            rx.el.h2(row.name, id=heading, class_name="text-lg font-semibold"),
            rx.cond(row.is_current, pill(t("Current plan"), tone=Tone.ACCENT)),
            class_name="flex items-center justify-between gap-3 min-h-7",
        ),
        rx.el.p(
            rx.cond(
                row.price != "",
                rx.fragment(
                    rx.el.span(row.price, class_name="text-2xl font-semibold tabular-nums"),
                    rx.el.span(" ", row.per, class_name="text-sm text-muted"),
                ),
                rx.el.span(t("The price cannot be shown right now."), class_name="text-sm text-muted"),
            ),
            class_name="mt-2",
        ),
        rx.el.ul(rx.foreach(row.features, _feature), class_name="mt-4 grid gap-2.5 text-sm grow"),
        rx.cond(~row.is_current, _choose(row)),
        aria_labelledby=heading,
        class_name=rx.cond(chosen, f"{shape} border-accent", f"{shape} border-line"),
    )


def _choose(row: OfferRow) -> rx.Component:
    return button(
        t("Choose {plan}", plan=row.name),
        id=f"choose-{row.plan_id}",
        look=Look.SECONDARY,
        busy=PlanChangeState.busy == f"choose-{row.plan_id}",
        enabled=PlanChangeState.is_open,
        on_click=PlanChangeState.choose(row.plan_id),
        class_name="mt-5",
    )


def _feature(text: rx.Var) -> rx.Component:
    return rx.el.li(
        icon("check", class_name="mt-[3px] text-accent-text"), rx.el.span(text), class_name="flex gap-2.5"
    )


def _ending() -> rx.Component:
    """Leaving is as easy to find as staying."""
    return rx.cond(
        PlanChangeState.is_open,
        section(
            "Cancel",
            rx.el.p(
                rx.cond(
                    PlanChangeState.standing.is_trial,
                    t("The plan stays until the trial ends, and nothing is charged. Nothing is deleted."),
                    t("The plan stays until the end of the period that is paid for. Nothing is deleted."),
                ),
                id="what-ends",
                class_name="mt-3 mb-4 text-sm text-muted",
            ),
            dialog(
                _reasons(),
                opener=[t("Cancel subscription")],
                name="cancel-dialog",
                title=t("Cancel the subscription?"),
                id="cancel-subscription",
            ),
        ),
    )


def _reasons() -> rx.Component:
    return dialog_form(
        rx.el.p(t("You can resume it until the period ends."), class_name="mt-2 mb-4 text-sm text-muted"),
        choice(
            *[rx.el.option(t(words), value=str(value)) for value, words in _FEEDBACK.items()],
            label=t("Why are you leaving? (optional)"),
            name="feedback",
        ),
        rx.el.label(
            t("Anything that we should know? (optional)"),
            html_for="comment",
            class_name="block mt-4 mb-1.5 text-sm font-medium",
        ),
        rx.el.textarea(
            id="comment",
            name="comment",
            rows="3",
            max_length=500,
            class_name="block w-full rounded-lg border border-control-line bg-surface px-3.5 py-2.5 "
            "text-base",
        ),
        dialog_buttons(
            button(
                t("Confirm cancellation"),
                type="submit",
                id="confirm-cancellation",
                busy=PlanChangeState.busy == "cancel",
            ),
            way_back=t("Keep the subscription"),
        ),
        on_submit=PlanChangeState.cancel,
    )
