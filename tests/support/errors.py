"""Every error that has a code."""

import importlib
import pkgutil
from collections.abc import Iterator

import domain
from domain.errors import FileportError


def known_errors() -> list[type[FileportError]]:
    """Return the errors of the domain, and those of the modules that are imported, each once."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    return list(dict.fromkeys(_kinds(FileportError)))


def domain_errors() -> list[type[FileportError]]:
    """Return the errors of the domain alone."""
    return [kind for kind in known_errors() if kind.__module__.startswith("domain.")]


def _kinds(root: type[FileportError]) -> Iterator[type[FileportError]]:
    yield root
    for each in root.__subclasses__():
        yield from _kinds(each)
