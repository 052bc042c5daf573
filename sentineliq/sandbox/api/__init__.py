"""Stripe's HTTP protocol in front of the engine."""

from starlette.routing import BaseRoute, Route

from sentineliq.sandbox.api.protocol import Protocol
from sentineliq.sandbox.config import SandboxConfig
from sentineliq.sandbox.engine import Engine


def routes(engine: Engine, config: SandboxConfig) -> list[BaseRoute]:
    """`/v1/…`, whatever stands before it."""
    return [
        Route(
            "/v1/{path:path}",
            Protocol(engine, config).handle,
            methods=[
                "GET",
                "POST",
                "DELETE",
                "PUT",
                "PATCH",
            ],  # the last two answer that there is no such URL
            name="stripe-api",
        )
    ]
