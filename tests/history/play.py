"""One life from its seed: lived, delivered in bad weather, reconciled, compared."""

from __future__ import annotations

import importlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import time_machine
from sqlmodel import SQLModel

from sentineliq import db
from sentineliq.billing import catch_up, trials
from sentineliq.billing.models import Job, TrialClaim
from sentineliq.sandbox.engine import Engine
from sentineliq.workspaces.members import Member
from sentineliq.workspaces.models import Role
from tests.factories import make_user, make_workspace
from tests.history.comparison import differences, held_by
from tests.history.courier import Courier, Weather, webhook_client
from tests.history.life import FAILS_LATER, Life
from tests.history.stripe_side import Line, events_after, everything, stripe_of
from tests.history.truth import truth_of

BIRTH = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
PAUSES = (
    timedelta(0),
    timedelta(0),
    timedelta(seconds=1),
    timedelta(seconds=70),
    timedelta(hours=7),
    timedelta(days=3),
    timedelta(days=14),
)
"""Between two acts; nought makes several events of one second."""
HURRIED = (timedelta(0), timedelta(0), timedelta(0), timedelta(seconds=1))
"""In some lives everything happens within seconds, so that times tell little of the order."""
RECONCILED_WITHIN = timedelta(days=12)
"""Stripe's list of events forgets after 30 days; the product's schedule is far more frequent than this."""


@dataclass(frozen=True)
class Outcome:
    """What became of a life. `divergences` is empty when the product and the truth agree."""

    seed: int
    divergences: tuple[str, ...]
    story: tuple[str, ...]
    deliveries: int
    events: int

    def told(self) -> str:
        """For people who must reproduce it."""
        return "\n".join(
            [
                f"Life {self.seed} (run it alone: HISTORY_SEED={self.seed} HISTORY_LIVES=1)",
                *(f"  ✗ {each}" for each in self.divergences),
                *(f"    {each}" for each in self.story),
            ]
        )


async def play(seed: int, *, folder: Path, line: Line) -> Outcome:
    """`db` is configured with the schema; its rows are gone afterwards."""
    rng = random.Random(seed)
    with time_machine.travel(BIRTH, tick=False) as clock:
        await _empty()
        async with stripe_of(folder, line, rng) as engine, webhook_client() as http:
            life = Life(engine=engine, member=await _owner(), rng=rng)
            player = _Player(
                life=life,
                courier=Courier(rng, Weather.drawn(rng)),
                clock=clock,
                line=line,
                http=http,
                engine=engine,
                rng=rng,
                pauses=HURRIED if rng.random() < 0.3 else PAUSES,
            )
            if rng.random() < 0.15:
                await player.come_from_before()
            await player.live(steps=rng.randrange(3, 16))
            divergences = await player.settle()
    return Outcome(
        seed=seed,
        divergences=tuple(divergences),
        story=tuple(life.told),
        deliveries=player.courier.attempts,
        events=player.place,
    )


@dataclass
class _Player:
    life: Life
    courier: Courier
    clock: time_machine.Traveller
    line: Line
    http: httpx.AsyncClient
    engine: Engine
    rng: random.Random
    pauses: tuple[timedelta, ...]
    place: int = 0
    found: list[str] = field(default_factory=list)
    unreconciled: timedelta = timedelta(0)

    @property
    def is_astray(self) -> bool:
        """Whether only reconciliation can tell the product all that happened."""
        return bool(self.courier.lost) or self.life.needs_healing

    async def come_from_before(self) -> None:
        """Some of what is told of the customer comes before a workspace knows it, some later."""
        await self.life.come_from_before()
        await self._hear()
        self.clock.shift(self.rng.choice(HURRIED))
        await self.life.be_adopted()

    async def _hear(self) -> None:
        await self._collect()
        self.line.is_cut = self.rng.random() < 0.1
        await self._deliver(self.courier.deliver_some)
        self.line.is_cut = False

    async def live(self, *, steps: int) -> None:
        self.life.told.append(str(self.courier.weather))
        for _ in range(steps):
            await self._pause()
            await self.life.act()
            await self._hear()
            if self.is_astray and self.rng.random() < 0.15:
                await self._reconcile()
            if self.courier.is_quiet and not self.is_astray and (found := await self._compare()):
                self.found = [f"in the middle of the life: {each}" for each in found]
                return

    async def _pause(self) -> None:
        pause = self.rng.choice(self.pauses)
        if self.is_astray and self.unreconciled + pause > RECONCILED_WITHIN:
            await self._reconcile()
        self.clock.shift(pause)
        self.unreconciled += pause
        if pause:
            self.life.told.append(f"… {pause} later")
        await self.engine.settle_due()
        await self._collect()

    async def _collect(self) -> None:
        self.place, events = await events_after(self.engine, self.place)
        self.life.told += [f"  event {event['type']} {event['id']} at {event['created']}" for event in events]
        self.courier.take(events)

    async def _deliver(self, deliver: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
        before = len(self.courier.order)
        await deliver(self.http)
        self.life.told += [f"  delivered {each}" for each in self.courier.order[before:]]
        await self._collect()

    async def _end_refused_trials(self) -> None:
        """Those for which the line was cut; what comes of it arrives too."""
        await trials.settle_refused()
        await self._collect()
        await self._deliver(self.courier.deliver_rest)

    async def _reconcile(self) -> catch_up.Report:
        self.unreconciled = timedelta(0)
        report = await catch_up.reconcile_all()
        self.life.needs_healing = False
        self.life.told.append(f"reconciled: {report}")
        return report

    async def settle(self) -> list[str]:
        """Everything arrives that ever will, the rest is reconciled; then the two sides are compared.

        Where nothing was lost they agree before, and reconciliation finds nothing to do.
        """
        if self.found:
            return self.found
        await self._deliver(self.courier.deliver_rest)
        await self._end_refused_trials()
        if self.is_astray:
            for _ in range(2):  # what the first brings about at Stripe may be lost as well
                await self._reconcile()
                await self._end_refused_trials()
        found = await self._compare() + await self._free_riders()
        after = await self._reconcile()
        if after.differences or after.missed_events or after.retaken_events or after.failed:
            found.append(f"reconciliation still found {after}")
            found += [f"and after it: {each}" for each in await self._compare()]
        return found

    async def _free_riders(self) -> list[str]:
        """Trials that were refused and are running all the same."""
        running = [
            one["id"] for one in await everything(self.engine, "subscription") if one["status"] == "trialing"
        ]
        async with db.reading() as session:
            refused = [await session.get(Job, trials.END_JOB + each) for each in running]
        return [f"a refused trial is still running: {job.name}" for job in refused if job]

    async def _compare(self) -> list[str]:
        truth = await truth_of(self.engine)
        held = await held_by(self.life.member.workspace_id)
        return differences(held, truth, spends=self.life.spends, acknowledged=set(self.courier.delivered))


async def _owner() -> Member:
    user = await make_user(email="owner@example.com", verified=True)
    workspace = await make_workspace(owner=user)
    async with db.transaction() as session:  # somebody else has had a trial with this card
        used = sha256(FAILS_LATER.replace(" ", "").encode()).hexdigest()[:16]
        session.add(TrialClaim(claimant=f"card:{used}", workspace_id=workspace.id))
    return Member(
        user_id=user.id,
        email=user.email,
        email_verified=True,
        workspace_id=workspace.id,
        workspace_name=workspace.name,
        role=Role.OWNER,
    )


async def _empty() -> None:
    for area in ("activity", "billing", "identity", "mail", "workspaces"):
        importlib.import_module(f"sentineliq.{area}.models")
    async with db.transaction() as session:
        for table in reversed(SQLModel.metadata.sorted_tables):
            await session.exec(table.delete())  # pyright: ignore[reportCallIssue, reportArgumentType]
