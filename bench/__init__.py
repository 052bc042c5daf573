"""`make bench`: the product beside a frozen reference and dj-stripe, in one run, so that ratios hold."""
