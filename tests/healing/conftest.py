"""A workspace, its Stripe and its webhook in one process, where events go astray."""

from tests.races.conftest import line, owner, till

__all__ = ["line", "owner", "till"]
