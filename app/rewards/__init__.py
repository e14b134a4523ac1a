"""The reward shelf 爱心超市: items, their stock, and what volunteers redeem."""
