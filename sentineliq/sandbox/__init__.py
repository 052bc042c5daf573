"""A local Stripe for development: its API, hosted pages, webhooks and a dashboard."""

from sentineliq.sandbox.app import Sandbox, standalone_app
from sentineliq.sandbox.config import SandboxConfig

__all__ = ["Sandbox", "SandboxConfig", "standalone_app"]
