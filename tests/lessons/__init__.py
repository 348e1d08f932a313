"""Tests of the lessons, a folder a lesson, which finds its lesson by its own name: a copied folder tests the copy."""

from __future__ import annotations

import importlib
from types import ModuleType

from server.lesson import catalog


def slug_of(package: str) -> str:
    """The slug of the lesson whose tests stand in ``package`` (a test's ``__package__``)."""
    return package.rpartition(".")[2].replace("_", "-")


def module_of(package: str, name: str = "") -> ModuleType:
    """The package of the lesson whose tests stand in ``package``, or one of its modules by name."""
    found = f"{catalog.PACKAGE}.{package.rpartition('.')[2]}"
    return importlib.import_module(f"{found}.{name}" if name else found)
