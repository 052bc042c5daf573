"""Telling the rest of the process that a workspace has changed, after the commit.

Services announce; the composition root subscribes what reacts (live pages, the mail sender), so that
services know of neither. A subscriber that fails is logged and harms nobody.
"""

from collections.abc import Callable, Collection

import structlog

NO_WORKSPACE = ""
"""What changed belongs to none of them, such as an event that matched nothing."""

Subscriber = Callable[[Collection[str]], None]

_log = structlog.get_logger(__name__)
_subscribers: list[Subscriber] = []


def subscribe(subscriber: Subscriber) -> None:
    """Call `subscriber(workspace_ids)` after each change; it must return at once."""
    if subscriber not in _subscribers:
        _subscribers.append(subscriber)


def announce(*workspace_ids: str) -> None:
    """Say that a committed change touched these workspaces. Never raises."""
    for subscriber in _subscribers:
        try:
            subscriber(workspace_ids)
        except Exception:
            _log.exception("change_subscriber_failed", workspace_ids=workspace_ids)
