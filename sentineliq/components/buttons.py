"""Buttons and links that look like buttons."""

from enum import StrEnum

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from .feedback import spinner


class Look(StrEnum):
    """How much a button asks to be pressed. One primary a view."""

    PRIMARY = (
        "bg-accent text-on-accent border-transparent shadow-card "
        "enabled:hover:bg-accent-hover [a&]:hover:bg-accent-hover"
    )
    SECONDARY = (
        "bg-surface text-ink border-line-strong shadow-card enabled:hover:bg-sunken [a&]:hover:bg-sunken"
    )
    QUIET = "bg-transparent text-muted border-transparent enabled:hover:bg-sunken enabled:hover:text-ink"


SHAPE = (
    "inline-flex items-center justify-center gap-2 whitespace-nowrap select-none rounded-lg border "
    "h-10 px-4 text-sm font-medium transition-colors disabled:opacity-55 disabled:cursor-not-allowed"
)


def button(
    *children: rx.Component | rx.Var | str,
    look: Look = Look.PRIMARY,
    busy: rx.Var[bool] | bool = False,
    disabled: rx.Var[bool] | bool = False,
    class_name: str = "",
    **props,
) -> rx.Component:
    """A button; while `busy` it cannot be pressed and shows a spinner before its words."""
    working = rx.Var.create(busy).to(bool)
    return rx.el.button(
        rx.cond(working, spinner()),
        *children,
        type=props.pop("type", "button"),
        disabled=working | rx.Var.create(disabled).to(bool),
        aria_busy=working,
        class_name=f"{SHAPE} {look} {class_name}",
        **props,
    )


def button_link(
    *children: rx.Component | str, href: str, look: Look = Look.PRIMARY, class_name: str = "", **props
) -> rx.Component:
    """A link to one of our pages that looks like a button."""
    return ReactRouterLink.create(*children, to=href, class_name=f"{SHAPE} {look} {class_name}", **props)


def link(
    *children: rx.Component | rx.Var | str, href: str | rx.Var, class_name: str = "", **props
) -> rx.Component:
    """A link to one of our pages, without loading it anew."""
    return ReactRouterLink.create(*children, to=href, class_name=class_name, **props)


TEXT_LINK = (
    "text-accent-text font-medium underline decoration-transparent underline-offset-4 "
    "hover:decoration-current transition-colors"
)


def text_link(*children: rx.Component | str, href: str | rx.Var, **props) -> rx.Component:
    """A link inside a sentence."""
    return link(*children, href=href, class_name=TEXT_LINK, **props)


def outside_link(*children: rx.Component | str, href: str | rx.Var, **props) -> rx.Component:
    """A link that leaves for another site, in a new tab."""
    return rx.el.a(
        *children, href=href, target="_blank", rel="noopener noreferrer", class_name=TEXT_LINK, **props
    )
