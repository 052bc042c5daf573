"""Work that must run once however many workers there are: a lease on a row, the same on both databases."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from .. import db
from .models import Job

LEASE = timedelta(minutes=5)
"""How long a holder that fell silent keeps the others waiting."""

EVER = timedelta(days=36_500)
"""`not_within` of what is done once."""


class JobTaken(Exception):
    """Another worker holds the job now."""


@dataclass(slots=True)
class Lease:
    """The right to do the job. `cursor` says where the last holder stopped; None at the beginning."""

    name: str
    holder: str
    cursor: str | None

    async def save(self, cursor: str | None) -> None:
        """Note the progress and keep the lease. Raises `JobTaken` if it ran out and went to another."""
        async with db.transaction() as session:
            job = await session.get_one(Job, self.name, with_for_update=True)
            if job.holder != self.holder:
                raise JobTaken(self.name)
            job.cursor, job.held_until = cursor, db.now() + LEASE
            session.add(job)
        self.cursor = cursor


@asynccontextmanager
async def leased(name: str, *, not_within: timedelta = timedelta(0)) -> AsyncGenerator[Lease]:
    """Hold the job while the block runs; it counts as finished when the block ends without an error.

    Raises `JobTaken` when another worker holds it, or finished it less than `not_within` ago.
    """
    lease = await _take(name, not_within=not_within)
    finished = False
    try:
        yield lease
        finished = True
    finally:
        await _give_back(lease, finished=finished)


async def _take(name: str, *, not_within: timedelta) -> Lease:
    now, holder = db.now(), uuid4().hex
    async with db.transaction() as session:
        await db.insert_new(session, Job, [{"name": name}])
        job = await session.get_one(Job, name, with_for_update=True)
        is_held = job.holder is not None and job.held_until is not None and job.held_until > now
        if is_held or (job.finished_at is not None and job.finished_at > now - not_within):
            raise JobTaken(name)
        job.holder, job.held_until = holder, now + LEASE
        session.add(job)
    return Lease(name=name, holder=holder, cursor=job.cursor)


async def _give_back(lease: Lease, *, finished: bool) -> None:
    async with db.transaction() as session:
        job = await session.get_one(Job, lease.name, with_for_update=True)
        if job.holder != lease.holder:
            return
        job.holder = job.held_until = None
        job.finished_at = db.now() if finished else job.finished_at
        session.add(job)
