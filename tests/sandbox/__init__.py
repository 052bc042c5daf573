"""The embedded Stripe, driven from outside: the official SDK over HTTP, webhooks with real signatures."""
