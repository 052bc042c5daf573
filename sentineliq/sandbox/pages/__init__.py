"""The human side of the sandbox: hosted checkout, portal and invoices, and the dashboard over it all."""
