"""The composition root: the one place that knows every part of the product."""

import gc

import reflex as rx
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from . import health, i18n, live, startup
from .billing import audit_csv, webhook
from .build import client_folder
from .config import WEBHOOK_PATH, get_settings
from .errors import AppError
from .http import Shield, answer_app_error, answer_http_error, refuse_other_methods
from .identity import languages
from .identity import routes as identity
from .identity.staff_pages import StaffPages
from .open_pages import ReflexPages
from .pages import add_pages
from .pages.document import app_options
from .state import paths
from .state.live import LiveState
from .stopping import Stopping

parts = startup.wire(get_settings())
i18n.warm_up()


class App(rx.App):
    """Reflex's app inside our own outermost layer, however it is served."""

    def __call__(self) -> ASGIApp:
        shield = Shield(
            StaffPages(super().__call__(), under=paths.STAFF),
            settings=parts.settings,
            client=client_folder(),
            direct={WEBHOOK_PATH: webhook.answer},
        )
        gc.collect()
        gc.freeze()  # what stands now stays: to look through it again and again stops everybody for 0.1 s
        return Stopping(shield)


def log_failure(exception: Exception) -> None:
    """What no handler has caught. Nothing is said on the page: the states speak for themselves."""
    structlog.get_logger(__name__).error("event_failed", exc_info=exception)


routes = Starlette(
    routes=[
        *refuse_other_methods(
            [
                *health.routes,
                *webhook.routes,
                *audit_csv.routes,
                *identity.routes,
                *languages.routes,
            ]
        ),
        *parts.development_routes,
    ],
    exception_handlers={AppError: answer_app_error, HTTPException: answer_http_error},
)
app = App(**app_options(), api_transformer=routes, backend_exception_handler=log_failure)
app.register_lifespan_task(parts.running)
add_pages(app)
live.feed.pages = ReflexPages(app, LiveState.refresh)
