"""What effects make of the billing fields, without a database."""

from datetime import UTC, datetime

import pytest

from sentineliq.billing.effects import Effects
from sentineliq.billing.field_changes import new_fields
from sentineliq.workspaces.models import Workspace

JANUARY, MAY = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "paid", "changes"),
    [
        (None, MAY, {"date_paid": MAY}),
        (JANUARY, MAY, {"date_paid": MAY}),
        (MAY, JANUARY, {}),
        (MAY, None, {}),
    ],
)
def test_the_newest_payment_is_the_date_paid(
    held: datetime | None, paid: datetime | None, changes: dict[str, datetime]
) -> None:
    assert new_fields(Workspace(name="Acme", date_paid=held), Effects(date_paid=paid)) == changes
