"""Everything the workbench raises on purpose.

    WorkbenchError
    ├── ParseError       a profile, spec or case file is not what it should be (path, place)
    ├── ProfileError     a profile is asked what it cannot answer
    ├── StoreError       a store is missing, damaged or of another version
    ├── SignalError      a series cannot be computed or judged
    ├── HistoryError     git refused, or a revision or file is not there
    ├── CaseError        a case cannot be built: download, workload or recording failed
    ├── PatchError       code cannot be read, an edit does not apply, or its verification cannot run
    ├── ModelError       a chat model cannot be had, or does not answer
    ├── SkillError       a skill folder does not follow the format
    └── ToolError        an agent tool was called wrongly; the text goes to the model

A message states what was seen, what was expected, and where. They are caught at three edges
only: the command line (exit code), a tool (message to the model), a widget (text in the cell).
"""

from __future__ import annotations


class WorkbenchError(Exception):
    """Base of all deliberate errors; `str(error)` is fit to show to a person."""


class ParseError(WorkbenchError):
    """Input bytes are not what they should be.

    Parameters
    ----------
    message : str
        What was seen and what was expected.
    path : object, optional
        The file, shown before the message.
    place : object, optional
        Where in the file: a line number, a byte offset or a JSON path.
    """

    def __init__(self, message: str, path: object = None, place: object = None) -> None:
        where = " @ ".join(str(part) for part in (path, place) if part is not None)
        super().__init__(f"{where}: {message}" if where else message)
        self.message, self.path, self.place = message, path, place

    def within(self, path: object) -> ParseError:
        """Return the same complaint about a file; a parser sees bytes and knows no name."""
        return ParseError(self.message, path, self.place)


class ProfileError(WorkbenchError):
    """A profile is asked what it cannot answer."""


class StoreError(WorkbenchError):
    """A store is missing, damaged or of another version."""


class SignalError(WorkbenchError):
    """A series cannot be computed or judged."""


class HistoryError(WorkbenchError):
    """Git refused, or a revision or file is not there.

    Parameters
    ----------
    message : str
        What was seen and what was expected.
    said : str, optional
        All that git complained of, of which the message has the last line.
    """

    def __init__(self, message: str, said: str = "") -> None:
        super().__init__(message)
        self.said = said


class CaseError(WorkbenchError):
    """A case cannot be built or opened."""


class PatchError(WorkbenchError):
    """An edit does not apply, or its verification cannot run."""


class ModelError(WorkbenchError):
    """A chat model cannot be had, or does not answer."""


class SkillError(WorkbenchError):
    """A skill folder does not follow the Agent Skills format."""


class ToolError(WorkbenchError):
    """An agent tool was called with arguments it cannot serve."""
