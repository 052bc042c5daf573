"""An open tab: a page's state as the socket would hold it, and its events as a click would send them."""

from collections.abc import Callable
from inspect import isasyncgen
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import reflex as rx
from reflex.istate.data import RouterData

from sentineliq.identity import sessions

StateType = TypeVar("StateType", bound=rx.State)


async def cookie_of(user_id: str) -> str:
    """The `Cookie` header of a browser on which that user has just logged in."""
    return f"{sessions.SESSION_COOKIE}={await sessions.start_session(user_id)}"


def open_tab(state: type[StateType], *, url: str, cookie: str = "", languages: str = "") -> StateType:
    """The state of a page at that address, in a browser that sends this cookie and reads these languages."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    split = urlsplit(url)
    root.router_data = {
        "pathname": split.path,
        "asPath": url,
        "query": dict(parse_qsl(split.query)),
        "token": "tab",
        "sid": "socket",
        "headers": {"cookie": cookie, "origin": "http://localhost:3000", "accept-language": languages},
    }
    root.router = RouterData.from_router_data(root.router_data)
    opened = root.get_substate(state.get_full_name().split("."))
    assert isinstance(opened, state)
    return opened


def moved(state: rx.State, *, url: str, socket: str = "socket") -> None:
    """The tab shows another address now, or is connected anew."""
    root = state
    while root.parent_state is not None:
        root = root.parent_state
    split = urlsplit(url)
    moved = {"pathname": split.path, "asPath": url, "query": dict(parse_qsl(split.query)), "sid": socket}
    root.router_data = {**root.router_data, **moved}
    root.router = RouterData.from_router_data(root.router_data)


async def send(state: rx.State, event: Any, *arguments: object) -> list[Any]:
    """Run one event to its end; what it sends back to the browser, or goes on with."""
    answer = event.fn(state, *arguments)
    if isasyncgen(answer):
        return [sent async for sent in answer if sent is not None]
    sent = await answer
    return [] if sent is None else [sent]


def target(sent: Any) -> str:
    """Where a redirect, or leaving for another site, leads to."""
    [url] = [value for name, value in sent.args if str(name) in ("path", "value")]
    return url._var_value


def returning(value: object) -> Callable[..., Any]:
    """A service that answers with `value`, or fails with it."""

    async def service(*_args: object, **_kwargs: object) -> object:
        if isinstance(value, Exception):
            raise value
        return value

    return service
