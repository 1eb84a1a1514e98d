"""The case bank: every case that a solver is judged on, of whatever kind, in one format.

    feed/A03            a planted cause of `datasets/feed`, as it was when somebody looked into it
    feed/A03-hidden     the same, where nobody knows of the change that did it: the answer is "none"
    release/NAME        a recorded case of two releases of a real package (`datasets/pypi`)
    release/NAME-hidden the same, with its culprits unknown
    shift/SEED-N-KIND   cost that only moved, or other traffic, made of quiet windows of the feed
    fleet/017           a generated service with a repository of its own; in some nobody is right

A case names its service, its strata, its half (`train` or `test`) and a hash of what it is made of.
The truth is in what `open` returns, beside the evidence and never in it.
"""

from workbench.evaluate.bank.bank import CaseBank, datasets_folder
from workbench.evaluate.bank.case import SPLIT, BankCase, OpenedCase

__all__ = ["SPLIT", "BankCase", "CaseBank", "OpenedCase", "datasets_folder"]
