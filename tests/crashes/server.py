"""The product's webhook in a process of its own that starts quickly: `python -m tests.crashes.server PORT`.

A delivery takes the path that it takes under `sentineliq run`: granian on uvloop, `startup.wire` by the real
environment, the real routes, one pool on the real database. What is left out (pages, Reflex, the jobs beside
the requests) takes no part in a delivery, and would take seconds to start.
"""

import sys

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from starlette.applications import Starlette

from sentineliq import health, startup
from sentineliq.billing import webhook
from sentineliq.config import get_settings


async def main(port: int) -> None:
    startup.wire(get_settings())
    app = Starlette(routes=[*health.routes, *webhook.routes])
    await Server(app, port=port, interface=Interfaces.ASGINL).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
