"""`python -m bench`: JSON lines, the last of them the verdicts. See docs/performance.md for what they mean.

`DB=sqlite|postgres` measures one database, both by default; `ROUNDS=5`;
`ONLY=rounds,storm,calls,growth,pages`.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import people
from bench.contestants import NAMES, PROJECT, ours, peer, production, reference
from bench.database import databases
from bench.load import send
from bench.pages import pages
from bench.rounds import compete
from bench.storm import storm
from bench.workload import WORKSPACES, Workload
from tests.servers import clean_environment, free_port

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SEED = int(os.environ.get("SEED", "1"))
KINDS = (os.environ["DB"],) if os.environ.get("DB") else ("sqlite", "postgres")
PARTS = ("rounds", "storm", "calls", "growth", "pages")
ONLY = tuple(filter(None, os.environ.get("ONLY", "").split(","))) or PARTS
STORMS = 5
MANY = 100_000
GROWTH_BURSTS = 4


def main() -> None:
    verdicts: dict[str, Any] = {}
    for kind in KINDS:
        verdicts[kind] = {}
        for part in ONLY:
            with TemporaryDirectory(prefix="sentineliq-bench-") as name:
                found = _PARTS[part](kind, Path(name))
            verdicts[kind][part] = found
            _say({"database": kind, "part": part, **found})
    _say({"verdicts": verdicts})


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def _rounds(kind: str, folder: Path) -> dict[str, Any]:
    """The medians of the per-round ratios, with their range."""
    with ExitStack() as stack:
        urls = stack.enter_context(databases(kind, folder, NAMES))
        asyncio.run(people.settle_in_ours(urls["ours"], first=0, last=WORKSPACES))
        asyncio.run(people.settle_in_reference(urls["reference"], first=0, last=WORKSPACES))
        starts = {"ours": ours, "reference": reference, "peer": peer}
        running = [stack.enter_context(start(urls[name], folder)) for name, start in starts.items()]
        result = asyncio.run(compete(running, database=kind, rounds=ROUNDS, rng=random.Random(SEED)))
    return {
        "ours/reference": {c: result.ratio(c, "reference") for c in sorted(result.rates)},
        "ours/peer": {c: result.ratio(c, "peer") for c in sorted(result.rates)},
        "cpu ours/reference": {c: result.cpu_ratio(c, "reference") for c in sorted(result.rates)},
    }


def _storms(kind: str, folder: Path) -> dict[str, Any]:
    """One lasts for half a second, in which a machine has its moods: the median of several, each on a server
    and a database of its own. Each event must have had its effects once in all of them."""
    found: list[dict[str, Any]] = []
    for number in range(STORMS):
        (own := folder / str(number)).mkdir()
        found.append(_storm(kind, own))
    seconds = sorted(each["drained_in_s"] for each in found)
    return {
        "drained_in_s": {"median": statistics.median(seconds), "min": seconds[0], "max": seconds[-1]},
        "exactly_once": all(each["exactly_once"] for each in found),
        "storms": found,
    }


def _storm(kind: str, folder: Path) -> dict[str, Any]:
    with databases(kind, folder, ("ours",)) as urls:
        asyncio.run(people.settle_in_ours(urls["ours"], first=0, last=WORKSPACES))
        with ours(urls["ours"], folder) as contestant:
            return asyncio.run(storm(contestant, database_url=urls["ours"], rng=random.Random(SEED)))


def _calls(kind: str, folder: Path) -> dict[str, Any]:
    with databases(kind, folder, ("ours",)) as urls:
        asyncio.run(people.settle_in_ours(urls["ours"], first=0, last=WORKSPACES))
        environment = clean_environment(
            **production(urls["ours"], folder, free_port()),
            REFLEX_ENV_MODE="prod",
            __REFLEX_SKIP_COMPILE="true",
            REFLEX_TELEMETRY_ENABLED="false",
        )
        command = [sys.executable, "-m", "bench.calls"]
        printed = subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True)
    return json.loads(printed.stdout.splitlines()[-1])


def _growth(kind: str, folder: Path) -> dict[str, Any]:
    """The same bursts with 1,000 and with 100,000 stored workspaces and events: median events a second."""
    with databases(kind, folder, ("ours",)) as urls:
        url = urls["ours"]
        asyncio.run(people.settle_in_ours(url, first=0, last=WORKSPACES))
        with ours(url, folder) as contestant:
            workload = Workload(path=contestant.path)
            few = asyncio.run(_median_rate(contestant.port, workload))
            asyncio.run(people.settle_in_ours(url, first=WORKSPACES, last=MANY))
            asyncio.run(people.remember_events(url, count=MANY, payload="{}"))
            many = asyncio.run(_median_rate(contestant.port, workload))
    return {"few": round(few, 1), "many": round(many, 1), "many/few": round(many / few, 3)}


async def _median_rate(port: int, workload: Workload) -> float:
    """A tenth is delivered twice: a duplicate, too, must be found among many as quickly as among few."""
    rates: list[float] = []
    for _ in range(GROWTH_BURSTS + 1):
        requests = [each.request for each in workload.take(400)]
        burst = await send(port, [*requests, *requests[::10]], concurrency=8)
        rates.append(burst.rate)
    return sorted(rates[1:])[GROWTH_BURSTS // 2]  # the first one warms up


def _pages(kind: str, folder: Path) -> dict[str, Any]:
    with databases(kind, folder, ("ours",)) as urls:
        asyncio.run(people.settle_in_ours(urls["ours"], first=0, last=WORKSPACES))
        with ours(urls["ours"], folder) as contestant:
            return asyncio.run(pages(contestant, database_url=urls["ours"]))


_PARTS: dict[str, Callable[[str, Path], dict[str, Any]]] = {
    "rounds": _rounds,
    "storm": _storms,
    "calls": _calls,
    "growth": _growth,
    "pages": _pages,
}

if __name__ == "__main__":
    main()
