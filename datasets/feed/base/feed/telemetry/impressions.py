from collections.abc import Iterable

from feed.telemetry.logger import RequestLogger


def log_impressions(
    log: RequestLogger, surface: str, shown: Iterable[tuple[int, float, str]]
) -> None:
    """Write a line for each post that a viewer is about to see; rankers learn from them.

    Parameters
    ----------
    log : RequestLogger
        The request's logger.
    surface : str
        Where the posts are shown.
    shown : iterable of (int, float, str)
        Post id, score and reason, in the order of the page.
    """
    for position, (post_id, score, reason) in enumerate(shown):
        log.info(
            "impression",
            surface=surface,
            position=position,
            post=post_id,
            score=score,
            reason=reason,
        )
