"""A real server and a real Chromium: one front-end build for all workers, a server and its data for each."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.chromium import find_chromium
from tests.servers import Server, running_server

HERE = Path(__file__).parent

expect.set_options(timeout=20_000)  # a webhook's effects and a mail take their time on a busy machine


@pytest.hookimpl(trylast=True)  # pytest itself moves tests about, by their fixtures
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """End-to-end tests come last: Playwright keeps an event loop running, in which no other test may run."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("e2e")
    items.sort(key=lambda item: item.get_closest_marker("e2e") is not None)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The product in development, with sandbox and demo account; one a test process."""
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    return server.url


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = find_chromium()
    assert path, "There is no Chromium: `python -m tests.e2e.chromium` installs one."
    return browser_type_launch_args | {
        "executable_path": path,
        "args": ["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
    }
