"""Surfaces and headings."""

import reflex as rx

from .types import Child, Words
from .words import t

WIDE = "mx-auto w-full max-w-[1120px] px-4 sm:px-6 lg:px-8"
_SURFACE = "rounded-xl border border-line bg-surface shadow-card"


def page_heading(title: Words, *aside: rx.Component) -> rx.Component:
    """The page's one h1, with what can be done beside it."""
    return rx.el.div(
        rx.el.h1(title, class_name="text-2xl font-semibold tracking-[-0.018em]"),
        *aside,
        class_name="flex flex-wrap items-center justify-between gap-x-6 gap-y-3 min-h-10",
    )


def card(*children: Child, class_name: str = "") -> rx.Component:
    return rx.el.div(*children, class_name=f"{_SURFACE} {class_name}")


def section(title: str, *children: Child, class_name: str = "") -> rx.Component:
    """A card with a heading of its own; `title` is a message of the catalogues."""
    heading = f"{title.lower().replace(' ', '-')}-heading"
    return rx.el.section(
        rx.el.h2(t(title), id=heading, class_name="text-sm font-medium text-muted"),
        *children,
        aria_labelledby=heading,
        class_name=f"{_SURFACE} flex flex-col p-5 sm:p-6 {class_name}",
    )


def visually_hidden(*children: Child) -> rx.Component:
    """For screen readers only."""
    return rx.el.span(*children, class_name="sr-only")
