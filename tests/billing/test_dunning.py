"""Since when a payment fails: the grace period counts from it, in whichever order it is told."""

from datetime import timedelta
from itertools import permutations

from sentineliq.billing.entitlements import GRACE_PERIOD, entitled_plan
from sentineliq.workspaces.models import SubscriptionStatus, Workspace
from tests.billing.conftest import Webhook, reread
from tests.billing.test_order import fresh
from tests.billing.test_told import CREATED, later

DAY = 24 * 60
FAILED = later("evt_failed", 10, status="past_due")
STILL_FAILING = later("evt_still_failing", DAY, status="past_due", metadata={"a": "b"})
RECOVERED = later("evt_recovered", 6 * DAY)
FAILED_AGAIN = later("evt_failed_again", 8 * DAY, status="past_due")


async def test_a_second_dunning_is_dated_by_its_own_failure_in_every_order(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    since = set[int]()
    for order in permutations((CREATED, FAILED, RECOVERED, FAILED_AGAIN)):
        await fresh(workspace)
        await stripe_webhook.deliver_all(*order)
        now = await reread(workspace)
        assert now.subscription_status is SubscriptionStatus.PAST_DUE
        assert now.past_due_since is not None
        since.add(int(now.past_due_since.timestamp()))
    assert since == {FAILED_AGAIN["created"]}


async def test_one_dunning_is_dated_by_its_first_failure_that_is_told_before_the_next(
    stripe_webhook: Webhook, workspace: Workspace
) -> None:
    await stripe_webhook.deliver_all(FAILED, STILL_FAILING, CREATED)
    now = await reread(workspace)
    assert now.past_due_since is not None
    assert int(now.past_due_since.timestamp()) == FAILED["created"]
    ends = now.past_due_since + GRACE_PERIOD
    assert entitled_plan(now, at=ends - timedelta(seconds=1)) == "pro"
    assert entitled_plan(now, at=ends) is None
