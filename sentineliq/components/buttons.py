"""Buttons and links that look like buttons."""

from enum import StrEnum

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from .types import Child, Flag, Words


class Look(StrEnum):
    """How much a button asks to be pressed. One primary a view."""

    PRIMARY = (
        "bg-accent text-on-accent border-transparent shadow-card "
        "not-disabled:not-aria-disabled:hover:bg-accent-hover"
    )
    SECONDARY = (
        "bg-surface text-ink border-line-strong shadow-card not-disabled:not-aria-disabled:hover:bg-sunken"
    )
    DANGER = (
        "bg-surface text-bad border-line-strong shadow-card not-disabled:not-aria-disabled:hover:bg-bad-soft"
    )
    QUIET = (
        "bg-transparent text-muted border-transparent hover:text-ink "
        "not-disabled:not-aria-disabled:hover:bg-sunken"
    )


class Size(StrEnum):
    SMALL = "h-9 px-3.5 text-sm"
    MEDIUM = "h-10 px-4 text-sm"
    LARGE = "h-11 px-5 text-base"


_SHAPE = (
    "inline-flex items-center justify-center gap-2 whitespace-nowrap select-none rounded-lg border "
    "font-medium transition-colors disabled:opacity-55 disabled:cursor-not-allowed "
    "aria-disabled:opacity-55 aria-disabled:cursor-not-allowed"
)
TEXT_LINK = (
    "text-accent-text font-medium underline decoration-transparent underline-offset-4 "
    "hover:decoration-current transition-colors"
)


def button_classes(*, look: Words, size: Size, more: str = "") -> str:
    return f"{_SHAPE} {size} {look} {more}"


def button(
    *children: Child,
    look: Words = Look.PRIMARY,
    size: Size = Size.MEDIUM,
    busy: Flag = False,
    enabled: Flag = True,
    class_name: str = "",
    **props,
) -> rx.Component:
    """A button; while `busy` it turns a ring before its words, and `single_presses` takes its presses away:
    a `disabled` one would lose the focus."""
    working = rx.Var.create(busy).bool()
    return rx.el.button(
        *children,
        type=props.pop("type", "button"),
        disabled=~rx.Var.create(enabled).bool(),
        aria_disabled=working,
        aria_busy=working,
        class_name=button_classes(look=look, size=size, more=f"shows-busy {class_name}"),
        **props,
    )


def button_link(
    *children: Child,
    href: str,
    look: Look = Look.PRIMARY,
    size: Size = Size.MEDIUM,
    class_name: str = "",
    **props,
) -> rx.Component:
    """A link to one of our pages that looks like a button."""
    return link(
        *children, href=href, class_name=button_classes(look=look, size=size, more=class_name), **props
    )


def link(*children: Child, href: Words, class_name: str = "", **props) -> rx.Component:
    """A link to one of our pages, without loading it anew."""
    return ReactRouterLink.create(*children, to=href, class_name=class_name, **props)


def text_link(*children: Child, href: Words) -> rx.Component:
    """A link inside a sentence."""
    return link(*children, href=href, class_name=TEXT_LINK)


def outside_link(*children: Child, href: Words) -> rx.Component:
    """A link that leaves for another site, in a new tab."""
    return rx.el.a(*children, href=href, target="_blank", rel="noopener noreferrer", class_name=TEXT_LINK)
