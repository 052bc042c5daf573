"""Where the pages live, named once."""

HOME = "/"
LOG_IN = "/login"
SIGN_UP = "/signup"
FORGOT_PASSWORD = "/forgot-password"  # noqa: S105  a path
RESET_PASSWORD = "/reset-password"  # noqa: S105  a path
VERIFY_EMAIL = "/verify-email"
PRICING = "/pricing"
CHECKOUT = "/checkout"
BILLING = "/workspace/billing"
PLAN_CHANGE = "/workspace/billing/plan"
MEMBERS = "/workspace/members"
WORKSPACES = "/workspaces"
INVITATION = "/invitations/accept"
AUDIT = "/workspace/audit"
CREDITS = "/workspace/credits"
NOTIFICATIONS = "/notifications"
NOTIFICATION_PREFERENCES = "/notifications/preferences"
