"""What the process counts, for Prometheus. Labels are few and fixed: nothing personal, nothing unbounded."""

from prometheus_client import Counter, Histogram

WEBHOOK_DELIVERIES = Counter(
    "sentineliq_webhook_deliveries", "Deliveries by what became of them", ["outcome"]
)
WEBHOOK_API_VERSIONS = Counter(
    "sentineliq_webhook_api_versions",
    "Verified deliveries by their API version: the same as ours, another, or none told",
    ["version"],
)
WEBHOOK_SECONDS = Histogram("sentineliq_webhook_seconds", "Time from a delivery's first byte to its answer")
