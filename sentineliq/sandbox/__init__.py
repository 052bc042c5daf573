"""A local Stripe for development: its API, hosted pages, webhooks and a dashboard."""

from sentineliq.sandbox.config import SandboxConfig

__all__ = ["SandboxConfig"]
