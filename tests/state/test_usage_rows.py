import pytest

from sentineliq import db
from sentineliq.billing import usage
from sentineliq.billing.limits import GIGABYTE, Limit
from sentineliq.billing.views import UsageView
from sentineliq.state.billing import BillingState
from sentineliq.state.usage_rows import UsageLevel, usage_row
from tests.factories import make_member
from tests.state.conftest import Team
from tests.state.tab import open_tab, send


@pytest.mark.parametrize(
    ("used", "level", "percent"),
    [
        (0, UsageLevel.FINE, 0),
        (79, UsageLevel.FINE, 79),
        (80, UsageLevel.NEAR, 80),
        (100, UsageLevel.FULL, 100),
        (101, UsageLevel.EXCEEDED, 100),
    ],
)
def test_a_bar_warns_from_80_percent_and_is_exceeded_above_the_limit(
    used: int, level: UsageLevel, percent: int
) -> None:
    row = usage_row(UsageView("Alerts", used, 100))
    assert (row.level, row.percent, row.has_meter) == (level, percent, True)


def test_amounts_are_shown_in_their_unit() -> None:
    assert usage_row(UsageView("Storage", GIGABYTE // 2, GIGABYTE, Limit.STORAGE)).text == "0.5 GB of 1 GB"
    retention = usage_row(UsageView("Audit log", 0, 2555, Limit.AUDIT_RETENTION))
    assert (retention.text, retention.has_meter) == ("7 years", False)
    assert usage_row(UsageView("Audit log", 0, 90, Limit.AUDIT_RETENTION)).text == "90 days"
    assert not usage_row(UsageView("Members", 7, None)).has_meter


async def test_the_page_shows_every_limit_of_the_plan(team: Team) -> None:
    await usage.count_usage(workspace_id=team.workspace.id, metric=Limit.ALERTS, amount=8)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.member)
    await send(tab, BillingState.load)
    assert [(row.label, row.text, row.level) for row in tab.usage] == [
        ("Members", "2 of 3", "fine"),
        ("Workspaces", "1 of 1", "fine"),
        ("Alerts this month", "8 of 10", "near"),
        ("Storage", "0 GB of 1 GB", "fine"),
        ("Audit log", "30 days", "fine"),
    ]
    assert not tab.over_limit


async def test_what_no_longer_fits_says_what_must_go(team: Team, database: db.Database) -> None:
    for _ in range(3):
        await make_member(team.workspace)
    tab = open_tab(BillingState, url="/workspace/billing", cookie=team.owner)
    await send(tab, BillingState.load)
    assert tab.over_limit
    assert (tab.usage[0].level, tab.usage[0].must_go) == (
        "exceeded",
        "Remove 2 members before you can add another.",
    )
