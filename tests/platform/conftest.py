"""A Stripe account that knows nothing of us yet, played by the sandbox."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from typer.testing import CliRunner, Result

from sentineliq import config
from sentineliq.cli import main
from tests.sandbox.conftest import sandbox  # noqa: F401  a fixture
from tests.sandbox.world import World

ADDRESS = "https://app.example.com"
Call = Callable[..., Awaitable[Result]]


@pytest.fixture
async def account(sandbox: World, environment: pytest.MonkeyPatch) -> World:  # noqa: F811  the fixture
    """Connected by its key; production's address, and no endpoint yet."""
    for endpoint in (await sandbox.v1.webhook_endpoints.list_async()).data:
        await sandbox.v1.webhook_endpoints.delete_async(endpoint.id)
    connect(environment, sandbox)
    return sandbox


def connect(environment: pytest.MonkeyPatch, world: World) -> None:
    environment.setenv("STRIPE_API_KEY", "sk_test_sandbox")
    environment.setenv("STRIPE_API_BASE", f"{world.base}/sandbox/api")
    environment.setenv("WEB_CLIENT_URL", ADDRESS)
    config.get_settings.cache_clear()


@pytest.fixture
def call() -> Call:
    """The command, in a thread: it has an event loop of its own."""

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, main, list(words))

    return run
