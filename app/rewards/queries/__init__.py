"""The shelf as people see it, its stock, and what was redeemed."""
