class QuillError(ValueError):
    """A note that can not be rendered; says in which line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
