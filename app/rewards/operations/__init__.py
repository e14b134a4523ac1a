"""What may be done with the shelf, its stock and what is redeemed of it."""
