"""Surfaces and headings."""

import reflex as rx

WIDE = "mx-auto w-full max-w-[1120px] px-4 sm:px-6 lg:px-8"


def page_heading(title: str, *aside: rx.Component, lead: rx.Component | str = "") -> rx.Component:
    """The page's one h1, with what can be done beside it."""
    return rx.el.div(
        rx.el.div(
            rx.el.h1(title, class_name="text-2xl font-semibold tracking-[-0.018em]"),
            rx.el.p(lead, class_name="mt-1 text-muted") if lead else rx.fragment(),
        ),
        *aside,
        class_name="flex flex-wrap items-end justify-between gap-x-6 gap-y-4",
    )


def card(*children: rx.Component, class_name: str = "", **props) -> rx.Component:
    return rx.el.div(
        *children,
        class_name=f"rounded-xl border border-line bg-surface shadow-card {class_name}",
        **props,
    )


def section(
    title: str, *children: rx.Component, aside: rx.Component | None = None, class_name: str = "", **props
) -> rx.Component:
    """A card with a heading of its own."""
    name = title.lower().replace(" ", "-")
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title, id=f"{name}-heading", class_name="text-sm font-medium text-muted"),
            aside or rx.fragment(),
            class_name="flex items-center justify-between gap-4",
        ),
        *children,
        aria_labelledby=f"{name}-heading",
        class_name=f"rounded-xl border border-line bg-surface shadow-card p-5 sm:p-6 {class_name}",
        **props,
    )


def visually_hidden(*children: rx.Component | rx.Var | str) -> rx.Component:
    """For screen readers only."""
    return rx.el.span(*children, class_name="sr-only")
