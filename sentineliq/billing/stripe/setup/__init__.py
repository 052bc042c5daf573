"""What SentinelIQ needs in a Stripe account: made or adopted by `stripe setup`, looked at by `doctor`."""
