"""The composition root: the one place that knows every part of the product."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import reflex as rx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from . import db, health, live, startup
from .build import client_folder
from .config import get_settings
from .errors import AppError
from .http import Shield, answer_app_error, answer_http_error, refuse_other_methods

settings = get_settings()
startup.wire(settings)


class App(rx.App):
    """Reflex's app inside our own outermost layer, however it is served."""

    def __call__(self) -> ASGIApp:
        return Shield(super().__call__(), settings=settings, client=client_folder())


@asynccontextmanager
async def services() -> AsyncIterator[None]:
    """Everything of ours that runs beside the requests, in each worker."""
    async with AsyncExitStack() as running:
        running.push_async_callback(db.dispose)
        await running.enter_async_context(live.feed.running(settings.redis_url))
        yield


routes = Starlette(
    routes=refuse_other_methods(health.routes),
    exception_handlers={AppError: answer_app_error, HTTPException: answer_http_error},
)
app = App(api_transformer=routes)
app.register_lifespan_task(services)


def index() -> rx.Component:
    return rx.el.main(rx.el.h1("SentinelIQ", class_name="text-2xl"))


app.add_page(index, route="/")
