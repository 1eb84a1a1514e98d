"""What an edit shows by its text of gaining nothing by what it seems to.

find          the first fault, of all that follow
side          one text of a file, and what it says
judges        the workload, the tests or what they are run with are edited
measurement   how cost is measured is changed, or cost is spent elsewhere
caches        whatever was asked is kept for ever
left_out      work with an effect is left out
edited        which functions an edit changes
"""

from workbench.patch.verify.hollow.edited import edited_functions
from workbench.patch.verify.hollow.find import find_fault
from workbench.patch.verify.hollow.side import Fault

__all__ = ["Fault", "edited_functions", "find_fault"]
