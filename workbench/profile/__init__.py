"""What one recording holds, what can be asked of it, and how it is written out."""

from workbench.profile.build import CallTree, ProfileBuilder
from workbench.profile.profile import CallGraph, Profile
from workbench.profile.tables import Function, ValueType
from workbench.profile.tree import Tree

__all__ = [
    "CallGraph",
    "CallTree",
    "Function",
    "Profile",
    "ProfileBuilder",
    "Tree",
    "ValueType",
]
