"""Elements that the browser handles itself, where Reflex's own would take over."""

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML

from .types import Child, Words

_FROM_QUERY = "data-from-query"
_FROM_ADDRESS = "data-from-address"

# What comes from the address is read when the form is posted: the page's state may still be another visit's.
# A posted form shows that it works, and cannot be posted twice; a page brought back by Back is usable again.
_ON_POST = rx.Var(
    "(event) => {"
    "const { pathname, search } = window.location;"
    f"for (const field of event.currentTarget.querySelectorAll('[{_FROM_QUERY}]'))"
    " field.value = new URLSearchParams(search).get(field.name) ?? '';"
    f"for (const field of event.currentTarget.querySelectorAll('[{_FROM_ADDRESS}]'))"
    " field.value = pathname + search;"
    "const button = event.currentTarget.querySelector('[type=submit]');"
    "const set = (busy) => { button.ariaDisabled = button.ariaBusy = busy; };"
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
        *children, action=action, method="post", custom_attrs={"onSubmit": _ON_POST}, **props
    )


def from_query(name: str) -> rx.Component:
    """A hidden field of a `native_form`: what the page's address says of `name`. It never is in our state.

    Only a script fills it: let nobody post the form before the page is `ready`.
    """
    return rx.el.input(type="hidden", name=name, custom_attrs={_FROM_QUERY: ""})


def from_address(name: str) -> rx.Component:
    """As `from_query`: the page's own path and query."""
    return rx.el.input(type="hidden", name=name, custom_attrs={_FROM_ADDRESS: ""})


class NativeLink(BaseHTML):
    """`<a>` that the browser follows: to a place on the page, or past our pages to a route."""

    tag = "a"
    href: rx.Var[str]


def native_link(*children: Child, href: Words, **props) -> rx.Component:
    """A link that is no navigation between pages."""
    return NativeLink.create(*children, href=href, **props)
