"""Renders marked-up notes as HTML."""

from quill.errors import QuillError
from quill.page import STATS, Options, Page, render, render_many

__all__ = ["STATS", "Options", "Page", "QuillError", "render", "render_many"]
