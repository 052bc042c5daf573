"""The database's schema: brought up to date by Alembic, and compared with the models."""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from .. import db

Answer = TypeVar("Answer")

_LOCK = 7_305_817_164
"""PostgreSQL's advisory lock of migrations: machines that start together upgrade once."""


async def upgrade(database_url: str, revision: str = "head") -> bool:
    """Bring the schema to the revision, in one transaction; says whether anything was to do."""

    def run(connection: Connection) -> bool:
        before = _revision(connection)
        if before == newest_revision():
            return False
        command.upgrade(_config(connection), revision)
        return True

    return await _with_connection(database_url, run)


async def differences(database_url: str) -> list[str]:
    """How the schema differs from the models, a line each; empty when it is as it should be."""

    def run(connection: Connection) -> list[str]:
        if (revision := _revision(connection)) != newest_revision():
            return [f"the schema is at revision {revision or 'none'}, not {newest_revision()}"]
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, models())]

    return await _with_connection(database_url, run)


async def is_current(connection: AsyncConnection) -> bool:
    """Whether the schema is at the newest revision."""
    return await connection.run_sync(_revision) == newest_revision()


async def write_revision(database_url: str, message: str) -> None:
    """Write the migration that leads from that database's schema to the models."""

    def run(connection: Connection) -> None:
        command.revision(_config(connection), message, autogenerate=True)

    await _with_connection(database_url, run)


@cache
def newest_revision() -> str | None:
    """The revision that this version of the product needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def models() -> Any:
    """The tables of every model in the product."""
    for area in ("activity", "billing", "identity", "mail", "workspaces"):
        importlib.import_module(f"sentineliq.{area}.models")
    return SQLModel.metadata


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config


async def _with_connection(database_url: str, run: Callable[[Connection], Answer]) -> Answer:
    """Call `run` in a transaction that no other migration shares."""
    database = db.connect(database_url, patience=db.UNHURRIED)
    try:
        async with database.writer.connect() as connection:
            if database.is_sqlite:
                await _suspend_foreign_keys(connection)
            async with connection.begin():
                if not database.is_sqlite:
                    await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                return await connection.run_sync(run)
    finally:
        await database.dispose()


async def _suspend_foreign_keys(connection: AsyncConnection) -> None:
    """SQLite changes a table by copying it; the references to it must not act meanwhile."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute("PRAGMA foreign_keys=OFF")
