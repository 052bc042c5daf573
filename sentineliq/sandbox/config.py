"""What a sandbox is told by whoever starts it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SandboxConfig:
    """Addresses and keys of one sandbox; nothing in it is a secret of a real service."""

    database_path: Path
    """Its own SQLite file; durable."""
    public_url: str
    """Prefix of hosted pages and links, without a trailing slash: `http://localhost:3000/sandbox`."""
    webhook_url: str | None
    """Where the seeded endpoint listens; None seeds no endpoint."""
    webhook_events: tuple[str, ...] = ("*",)
    """What the seeded endpoint is told of."""
    app_url: str = ""
    """Where "Return to …" leads when a session names no return URL."""
    api_key: str = "sk_test_sandbox"
    restricted_key: str = "rk_test_sandbox"
    withheld: frozenset[str] = frozenset()
    """Permissions that the restricted key lacks, in Stripe's words: `rak_customer_read`."""
    webhook_secret: str = "whsec_sandbox"  # noqa: S105  # a fixed, published test secret
