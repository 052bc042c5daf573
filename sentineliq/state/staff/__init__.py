"""The states of the pages that only staff find."""
