"""What the pages show: one event, one call of a service, then plain fields that are safe for the browser."""
