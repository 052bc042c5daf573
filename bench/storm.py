"""A storm: 1,000 distinct paid invoices, a tenth of them twice and one fifty times, on 32 connections."""

import copy
import json
import random
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bench.contestants import Contestant
from bench.load import send
from bench.workload import BORN, Workload, customer_of, subscription_of
from sentineliq import db

DISTINCT, TWICE, ONE_TIMES, CONNECTIONS = 1_000, 100, 50, 32

_PAID = Path(__file__).parents[1] / "tests/payloads/2025-04-30.basil/invoice.paid.json"


async def storm(contestant: Contestant, *, database_url: str, rng: random.Random) -> dict[str, Any]:
    """Seconds until all is answered, and whether each event had its effects once."""
    workload = Workload(path=contestant.path)
    requests = [workload.request_of(json.dumps(_paid(number)).encode()) for number in range(DISTINCT)]
    burst = [*requests, *rng.sample(requests, TWICE), *[requests[0]] * (ONE_TIMES - 1)]
    rng.shuffle(burst)
    answered = await send(contestant.port, burst, concurrency=CONNECTIONS)
    counts = await _counts(database_url)
    return {
        "deliveries": len(burst),
        "drained_in_s": round(answered.seconds, 3),
        "events_per_second": round(answered.rate, 1),
        "answers": sorted(set(answered.statuses)),
        "exactly_once": set(answered.statuses) == {200} and set(counts.values()) == {DISTINCT},
        "counts": counts,
    }


def _paid(number: int) -> dict[str, Any]:
    event = copy.deepcopy(json.loads(_PAID.read_text()))
    event |= {"id": f"evt_storm{number:06}", "created": BORN + 1}
    about = event["data"]["object"]
    about |= {"id": f"in_storm{number:06}", "customer": customer_of(number), "number": f"STORM-{number:06}"}
    about["parent"]["subscription_details"]["subscription"] = subscription_of(number)
    about["parent"]["subscription_details"]["metadata"] = {}
    return event


async def _counts(database_url: str) -> dict[str, int]:
    """Each must be as many as there are distinct events: rows, and distinct ones among them."""
    like = "LIKE 'evt_storm%'"
    questions = {
        "events": f"SELECT count(*) FROM webhook_events WHERE id {like} AND status = 'processed'",
        "audited": f"SELECT count(*) FROM audit_log WHERE event_id {like} AND action = 'payment_received'",
        "invoices": "SELECT count(*) FROM invoices WHERE id LIKE 'in_storm%' AND status = 'paid'",
        "mails": "SELECT count(*) FROM mail_outbox WHERE key LIKE '%in_storm%'",
    }
    database = db.connect(database_url)
    try:
        async with database.reader.connect() as connection:
            return {
                name: (await connection.execute(text(question))).scalar_one()
                for name, question in questions.items()
            }
    finally:
        await database.dispose()
