from collections.abc import Mapping

from feed.flags import bucket_of

CONTROL = "control"


class Experiments:
    """Running experiments; each places a user in one arm for its whole run."""

    def __init__(self, arms: Mapping[str, Mapping[str, float]]) -> None:
        self._arms = {key: self._cumulate(shares) for key, shares in arms.items()}

    def arm(self, experiment: str, user_id: int) -> str:
        """Return the arm of a user; who is in none, or in no experiment at all, is in control."""
        limits = self._arms.get(experiment)
        if not limits:
            return CONTROL
        bucket = bucket_of(experiment, user_id)
        return next((name for name, limit in limits if bucket < limit), CONTROL)

    def arms_of(self, user_id: int) -> dict[str, str]:
        """Arms of a user over all running experiments."""
        return {experiment: self.arm(experiment, user_id) for experiment in self._arms}

    @staticmethod
    def _cumulate(shares: Mapping[str, float]) -> list[tuple[str, int]]:
        limits, total = [], 0.0
        for name, share in shares.items():
            total += share
            limits.append((name, round(total * 10_000)))
        return limits
