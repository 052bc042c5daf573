"""Random lives of customers end as the truth says, whatever became of the deliveries."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sentineliq import config, db
from tests.history.play import play
from tests.history.stripe_side import ENVIRONMENT, Line, product_on

pytestmark = pytest.mark.filterwarnings("ignore:Use .content:DeprecationWarning")
FIRST_SEED = int(os.environ.get("HISTORY_SEED", "1"))
LIVES = int(os.environ.get("HISTORY_LIVES", "0"))
CHUNKS = 4
ON_SQLITE, ON_POSTGRES = 200, 60


@pytest.fixture
def line(environment: pytest.MonkeyPatch) -> Iterator[Line]:
    for name, value in ENVIRONMENT.items():
        environment.setenv(name, value)
    config.get_settings.cache_clear()
    line = Line()
    with product_on(line):
        yield line


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_random_lives_end_as_the_truth_says(
    database: db.Database, line: Line, tmp_path: Path, chunk: int
) -> None:
    lives = LIVES or (ON_SQLITE if database.is_sqlite else ON_POSTGRES)
    failures = []
    for seed in range(FIRST_SEED + chunk, FIRST_SEED + lives, CHUNKS):
        outcome = await play(seed, folder=tmp_path, line=line)
        if outcome.divergences:
            failures.append(outcome.told())
    assert not failures, "\n\n".join(failures)
