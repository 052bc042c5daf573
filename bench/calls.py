"""Python calls an event on the hot path: the whole app taking deliveries in one process, under cProfile.

Nearly deterministic, unlike any time. `python -m bench.calls` runs in the product's environment and prints
JSON; `--show` adds the functions that are called most.
"""

import asyncio
import cProfile
import json
import pstats
import sys
from typing import Any

from bench.workload import Delivery, Workload

WARM, MEASURED, AT_ONCE = 100, 400, 8


def main() -> None:
    print(json.dumps(asyncio.run(_measure(show="--show" in sys.argv))))


async def _measure(*, show: bool) -> dict[str, Any]:
    from sentineliq.sentineliq import app, parts

    asgi = app()
    workload = Workload(path="/webhooks/stripe")
    async with parts.running():
        await _deliver(asgi, workload.take(WARM))
        deliveries = workload.take(MEASURED)  # to make and to sign them is not what is measured
        profile = cProfile.Profile()
        profile.enable()
        await _deliver(asgi, deliveries)
        profile.disable()
    stats = pstats.Stats(profile, stream=sys.stderr)
    if show:
        stats.sort_stats("ncalls").print_stats(40)
    return {"python_calls_per_event": round(stats.total_calls / MEASURED, 1)}  # pyright: ignore[reportAttributeAccessIssue]


async def _deliver(asgi: Any, deliveries: list[Delivery]) -> None:
    for start in range(0, len(deliveries), AT_ONCE):
        batch = deliveries[start : start + AT_ONCE]
        statuses = await asyncio.gather(*(_post(asgi, each.request) for each in batch))
        if set(statuses) != {200}:
            raise RuntimeError(f"answered {set(statuses)}")


async def _post(asgi: Any, request: bytes) -> int:
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")[1:]
    headers = [(name.lower(), value) for name, value in (line.split(b": ", 1) for line in lines)]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/webhooks/stripe",
        "raw_path": b"/webhooks/stripe",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "state": {},
    }
    answers: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await asgi(scope, receive, send)
    return answers[0]["status"]


if __name__ == "__main__":
    main()
