"""What the process counts, for Prometheus. Labels are few and fixed: nothing personal, nothing unbounded.

What must be asked of the database is computed when it is scraped: see `gauges`.
"""

from prometheus_client import Counter, Gauge, Histogram
from sqlalchemy import event
from sqlalchemy.pool import Pool

WEBHOOK_DELIVERIES = Counter(
    "sentineliq_webhook_deliveries", "Deliveries by event type and what became of them", ["type", "outcome"]
)
WEBHOOK_API_VERSIONS = Counter(
    "sentineliq_webhook_api_versions",
    "Verified deliveries by their API version: the same as ours, another, or none told",
    ["version"],
)
WEBHOOK_SECONDS = Histogram("sentineliq_webhook_seconds", "Time from a delivery's first byte to its answer")

STRIPE_SECONDS = Histogram(
    "sentineliq_stripe_seconds", "Time that Stripe took, by what was asked", ["operation"]
)
STRIPE_ERRORS = Counter(
    "sentineliq_stripe_errors", "Calls that Stripe failed or refused", ["operation", "error"]
)

MAILS = Counter("sentineliq_mails", "Attempts to send a mail: sent, retried or given_up", ["outcome"])

RECONCILE_RUNS = Counter("sentineliq_reconcile_runs", "Scheduled comparisons with Stripe", ["outcome"])
RECONCILE_DIFFERENCES = Counter(
    "sentineliq_reconcile_differences", "Where a workspace and Stripe disagreed, and was healed"
)

# Told from the start: for Prometheus, what first appears as 1 has not increased, and alerts nobody.
for _outcome in ("sent", "retried", "given_up"):
    MAILS.labels(_outcome)
for _outcome in ("finished", "postponed", "failed"):
    RECONCILE_RUNS.labels(_outcome)

SOCKETS = Gauge("sentineliq_websockets", "Open websockets", multiprocess_mode="livesum")
CONNECTIONS = Gauge(
    "sentineliq_database_connections", "Database connections in use", ["pool"], multiprocess_mode="livesum"
)


def watch_pool(pool: Pool, *, name: str) -> None:
    """Count the connections that this process has taken out of its pool."""
    used = CONNECTIONS.labels(name)

    @event.listens_for(pool, "checkout")
    def _taken(*_: object) -> None:
        used.inc()

    @event.listens_for(pool, "checkin")
    def _returned(*_: object) -> None:
        used.dec()
