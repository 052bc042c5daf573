"""Interleaved rounds: in each one every contestant gets its bursts, in shuffled order.

Only ratios of one round are compared with each other, so that a busy machine slows all alike.
"""

import asyncio
import json
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.contestants import Contestant
from bench.load import send
from bench.workload import Workload

SIZES = {1: 300, 8: 1200, 32: 1800}
"""Deliveries of a burst, by concurrency: half a second, for processor time is told in hundredths of one. The
peer, which is much slower, gets a twentieth."""
PEERS_SHARE = 20


@dataclass
class Rounds:
    """What was measured: `rates[concurrency][name]` has one entry a round."""

    rates: dict[int, dict[str, list[float]]] = field(default_factory=dict)
    cpu: dict[int, dict[str, list[float]]] = field(default_factory=dict)

    def ratio(self, concurrency: int, over: str) -> dict[str, float]:
        """Ours over another's, round by round: the median and its range."""
        rates = self.rates[concurrency]
        return _spread([mine / other for mine, other in zip(rates["ours"], rates[over], strict=True)])

    def cpu_ratio(self, concurrency: int, over: str) -> dict[str, float]:
        cpu = self.cpu[concurrency]
        return _spread([mine / other for mine, other in zip(cpu["ours"], cpu[over], strict=True)])


def _spread(ratios: Sequence[float]) -> dict[str, float]:
    return {
        "median": round(statistics.median(ratios), 3),
        "min": round(min(ratios), 3),
        "max": round(max(ratios), 3),
    }


async def compete(
    contestants: Sequence[Contestant], *, database: str, rounds: int, rng: random.Random
) -> Rounds:
    """Prints a JSON line a burst. Raises `RuntimeError` where a delivery was not taken."""
    workloads = {each.name: Workload(path=each.path) for each in contestants}
    for each in contestants:  # what a process does once is not what is measured
        await _burst(each, workloads[each.name], 200 if each.name != "peer" else 30, concurrency=8)
    result = Rounds()
    for number in range(rounds):
        for concurrency in rng.sample(list(SIZES), len(SIZES)):
            for each in rng.sample(list(contestants), len(contestants)):
                size = SIZES[concurrency] // (PEERS_SHARE if each.name == "peer" else 1)
                line = await _burst(each, workloads[each.name], size, concurrency=concurrency)
                _note(result, each.name, concurrency, line)
                print(json.dumps({"database": database, "round": number, **line}), flush=True)
    return result


async def _burst(
    contestant: Contestant, workload: Workload, size: int, *, concurrency: int
) -> dict[str, float | str]:
    requests = [delivery.request for delivery in workload.take(size)]
    await asyncio.sleep(0.2)  # what the last burst left behind ends
    before = contestant.cpu_seconds()
    burst = await send(contestant.port, requests, concurrency=concurrency)
    cpu = contestant.cpu_seconds() - before
    if set(burst.statuses) != {200}:
        raise RuntimeError(f"{contestant.name} answered {set(burst.statuses)}")
    return {
        "contestant": contestant.name,
        "concurrency": concurrency,
        "events_per_second": round(burst.rate, 1),
        "p50_ms": round(burst.percentile(0.5) * 1000, 2),
        "p99_ms": round(burst.percentile(0.99) * 1000, 2),
        "cpu_us_per_event": round(cpu / size * 1e6, 1),
    }


def _note(result: Rounds, name: str, concurrency: int, line: dict[str, float | str]) -> None:
    for table, key in ((result.rates, "events_per_second"), (result.cpu, "cpu_us_per_event")):
        table.setdefault(concurrency, {}).setdefault(name, []).append(float(line[key]))
