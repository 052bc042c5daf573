"""The human side of the sandbox: hosted checkout, portal and invoices, and the dashboard over it all."""

from sentineliq.sandbox.pages.hosted import routes

__all__ = ["routes"]
