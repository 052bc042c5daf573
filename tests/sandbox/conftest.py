"""A world of its own for each test; what was said in it must be Stripe's own language."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox import conformance
from tests.sandbox.world import World, world


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as running:
        yield running
        spec = conformance.load()
        if spec is not None:
            sent = [record.event for record in await running.engine.events(limit=1000)]
            assert running.conversation.faults(spec, sent) == []
