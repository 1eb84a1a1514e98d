"""Cases in which no change is to blame, though a function seems to cost more, or does.

Made from the windows of a timeline in which nothing was wrong: drawn anew, and from a moment on
with cost that goes by another name (a function renamed, moved, or split in two by a commit), or
with another mix of requests, or larger ones. Around that moment commits are deployed that cost
nothing. Detection would remove most of them; here somebody asks all the same.
"""

from workbench.evaluate.shifts.kinds import KINDS, open_shift, open_shifts

__all__ = ["KINDS", "open_shift", "open_shifts"]
