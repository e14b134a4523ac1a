"""What may stand on the shelf, who may redeem it when, and how stock and redemptions move."""
