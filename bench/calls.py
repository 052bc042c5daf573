"""Python calls an event on the hot path: the whole app taking deliveries in one process, under cProfile.

Nearly deterministic, unlike any time. Every thread's calls are counted, those into C among them. Those of
this driver (tasks, `receive`, `send`) are taken off: what it calls for an app that only answers.
`python -m bench.calls` runs in the product's environment and prints JSON; `--show` adds the functions that
are called most.
"""

import asyncio
import cProfile
import json
import sys
import threading
from collections import Counter
from pathlib import Path
from types import CodeType
from typing import Any

import uvloop

from bench.workload import Delivery, Workload

SHOWN = 400
BUILT_IN = ("<built-in ", "<method ", "<slot ")
WARM, MEASURED, AT_ONCE = 200, 800, 8
SETTLING = 5
"""Seconds in which what begins with the process (mails that wait, a look at Stripe) has begun."""


class Counting:
    """The calls of this thread and of every thread that starts later."""

    def __init__(self) -> None:
        self._profiles = [cProfile.Profile()]

    def start(self) -> None:
        threading.setprofile(self._join)
        self._profiles[0].enable()

    def entries(self) -> list[Any]:
        """What has been called so far: to look must add as little as it can."""
        return [entry for each in self._profiles for entry in each.getstats()]

    def _join(self, *_: object) -> None:
        profile = cProfile.Profile()
        self._profiles.append(profile)
        profile.enable()  # in place of this function, in this thread


def main() -> None:
    print(json.dumps(uvloop.run(_measure(show="--show" in sys.argv))))  # as the server runs it


async def _measure(*, show: bool) -> dict[str, Any]:
    from sentineliq.sentineliq import app, parts

    asgi = app()
    workload = Workload(path="/webhooks/stripe")
    async with parts.running():
        await asyncio.sleep(SETTLING)
        counting = Counting()
        warm, measured = ([_request(each) for each in workload.take(n)] for n in (WARM, MEASURED))
        counting.start()
        await _deliver(asgi, warm)
        entries = [counting.entries()]
        for app_ in (asgi, _answer_only):
            await _deliver(app_, measured)
            entries.append(counting.entries())
        before, after, drivers = map(_by_function, entries)
        calls = Counter(after)
        calls.subtract(before)
        calls.subtract(drivers - after)
    if show:
        for name, count in calls.most_common(SHOWN):
            print(f"{count / MEASURED:8.2f}  {name}", file=sys.stderr)
    into_c = sum(count for name, count in calls.items() if name.startswith(BUILT_IN))
    return {
        "python_calls_per_event": round(calls.total() / MEASURED, 1),
        "of_python_functions": round((calls.total() - into_c) / MEASURED, 1),
        "into_c": round(into_c / MEASURED, 1),
    }


async def _answer_only(_scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _by_function(entries: list[Any]) -> Counter[str]:
    calls: Counter[str] = Counter()
    for entry in entries:
        calls[_name_of(entry.code)] += entry.callcount
    return calls


def _name_of(code: CodeType | str) -> str:
    if isinstance(code, str):
        return code
    file = code.co_filename.rpartition("site-packages/")[2].removeprefix(f"{Path.cwd()}/")
    return f"{file}:{code.co_firstlineno} {code.co_name}"


async def _deliver(asgi: Any, requests: list[tuple[dict[str, Any], bytes]]) -> None:
    for start in range(0, len(requests), AT_ONCE):
        batch = requests[start : start + AT_ONCE]
        tasks = [asyncio.create_task(_post(asgi, *each)) for each in batch]
        statuses = [await task for task in tasks]
        if set(statuses) != {200}:
            raise RuntimeError(f"answered {set(statuses)}")


def _request(delivery: Delivery) -> tuple[dict[str, Any], bytes]:
    head, _, body = delivery.request.partition(b"\r\n\r\n")
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
    return scope, body


async def _post(asgi: Any, scope: dict[str, Any], body: bytes) -> int:
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await asgi(scope, receive, send)
    return status


if __name__ == "__main__":
    main()
