"""What may be done with claims; each verb is one operation inside transaction()."""

from app.claims.operations.claiming import Claimed, claim
from app.claims.operations.splitting import split_claim
from app.claims.operations.withdrawing import withdraw_claim

__all__ = ["Claimed", "claim", "split_claim", "withdraw_claim"]
