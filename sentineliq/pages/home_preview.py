"""A still of the product for the landing page. It is a picture: nothing in it can be used or is read out."""

import reflex as rx

from ..components.feedback import Tone, pill
from ..components.icons import icon
from ..components.types import Words
from ..components.words import t
from ..i18n import mark

_RECORD = (
    (mark("Payment received"), mark("Hobby, monthly"), mark("now")),
    (mark("Plan changed"), mark("Free to Hobby"), mark("1 s ago")),
    (mark("Credits added"), mark("10, the balance is 24"), mark("4 min ago")),
    (mark("Member joined"), "sam@northwind.example", mark("1 h ago")),
)


def preview() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            _plan(),
            _record(),
            class_name="grid md:grid-cols-[1fr_1.15fr] divide-y md:divide-y-0 md:divide-x divide-line",
        ),
        _toast(),
        aria_hidden="true",
        class_name="relative mx-auto w-full max-w-[860px] rounded-2xl border border-line bg-surface "
        "shadow-float select-none text-left",
    )


def _plan() -> rx.Component:
    return rx.el.div(
        rx.el.p("Northwind Observatory", class_name="text-sm text-muted"),
        rx.el.div(
            rx.el.span("Hobby", class_name="text-3xl font-semibold tracking-[-0.025em]"),
            pill(rx.el.span(class_name="size-1.5 rounded-full bg-current"), t("Active"), tone=Tone.GOOD),
            class_name="mt-2 flex items-center gap-3",
        ),
        rx.el.p(t("Renews on 22 Dec"), class_name="mt-1 text-sm text-muted"),
        rx.el.div(
            _meter(t("Members"), t("{amount} of {most}", amount="7", most="10"), "w-[70%]"),
            _meter(t("Alerts this month"), t("{amount} of {most}", amount="38", most="100"), "w-[38%]"),
            _meter(t("Storage"), t("{amount} of {most}", amount="4", most="10 GB"), "w-[40%]"),
            class_name="mt-7 grid gap-4",
        ),
        class_name="p-6 sm:p-7",
    )


def _meter(label: Words, value: Words, width: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(label),
            rx.el.span(value, class_name="text-muted tabular-nums"),
            class_name="flex justify-between text-sm",
        ),
        rx.el.div(
            rx.el.div(class_name=f"h-full rounded-full bg-accent {width}"),
            class_name="mt-2 h-1.5 rounded-full bg-sunken",
        ),
    )


def _record() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("Audit log"), class_name="text-sm text-muted"),
        rx.el.div(
            *[_entry(*entry) for entry in _RECORD],
            class_name="mt-2 divide-y divide-line",
        ),
        class_name="p-6 sm:p-7 pb-10",
    )


def _entry(title: str, detail: str, when: str) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p(t(title), class_name="text-sm font-medium"),
            rx.el.p(t(detail), class_name="text-sm text-muted truncate"),
            class_name="min-w-0",
        ),
        rx.el.span(t(when), class_name="text-xs text-faint whitespace-nowrap"),
        class_name="flex items-baseline justify-between gap-4 py-2.5",
    )


def _toast() -> rx.Component:
    return rx.el.div(
        rx.el.span(
            icon("check"), class_name="grid place-items-center size-7 rounded-full bg-good-soft text-good"
        ),
        rx.el.span(t("Payment successful"), class_name="text-sm font-medium"),
        class_name="absolute -bottom-5 right-5 sm:-right-6 flex items-center gap-2.5 rounded-xl border "
        "border-line bg-surface pl-2.5 pr-4 py-2.5 shadow-float",
    )
