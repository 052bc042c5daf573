"""Elements that the browser handles itself, where Reflex's own would take over."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from .types import Child, Words

# A posted form shows that it works, and cannot be posted twice; a page brought back by Back is usable again.
_BUSY_WHILE_POSTING = rx.Var(
    "(event) => {"
    "const button = event.currentTarget.querySelector('[type=submit]');"
    "const set = (busy) => { button.disabled = busy; button.setAttribute('aria-busy', busy); };"
    "set(true); window.setTimeout(set, 8000, false);"
    "}"
)


class NativeForm(BaseHTML):
    """`<form>` that the browser posts: only a route can set a cookie."""

    tag = "form"
    action: rx.Var[str]
    method: rx.Var[str]


def native_form(*children: rx.Component, action: str, **props) -> rx.Component:
    """Posts its fields to `action`, a route of ours."""
    return NativeForm.create(
        *children, action=action, method="post", custom_attrs={"onSubmit": _BUSY_WHILE_POSTING}, **props
    )


class NativeLink(BaseHTML):
    """`<a>` that the browser follows: to a place on the page, or past our pages to a route."""

    tag = "a"
    href: rx.Var[str]


def native_link(*children: Child, href: Words, **props) -> rx.Component:
    """A link that is no navigation between pages."""
    return NativeLink.create(*children, href=href, **props)
