"""A menu that the browser itself discloses, so that it opens before any script runs."""

import reflex as rx

from .types import Child

_CLOSE_BY_ESCAPE = rx.Var(
    "(event) => {"
    "const menu = event.currentTarget;"
    "if (event.key === 'Escape' && menu.open) { menu.open = false; menu.querySelector('summary').focus(); }"
    "}"
)
_CLOSE_BY_LEAVING = rx.Var(
    "(event) => {"
    "const menu = event.currentTarget;"
    "if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;"
    "}"
)
_CLOSE_BY_PRESS_OUTSIDE = rx.Var(
    "(event) => {"
    "const menu = event.currentTarget;"
    "if (!menu.open) return;"
    "const outside = (press) => { if (!menu.contains(press.target)) menu.open = false; };"
    "document.addEventListener('pointerdown', outside);"
    "const closed = () => document.removeEventListener('pointerdown', outside);"
    "menu.addEventListener('toggle', closed, { once: true });"
    "}"
)


def menu(*children: Child, class_name: str = "") -> rx.Component:
    """A `summary` and what it discloses; Escape, a press elsewhere and leaving by Tab close it."""
    return rx.el.details(
        *children,
        custom_attrs={
            "onKeyDown": _CLOSE_BY_ESCAPE,
            "onBlur": _CLOSE_BY_LEAVING,
            "onToggle": _CLOSE_BY_PRESS_OUTSIDE,
        },
        class_name=class_name,
    )
