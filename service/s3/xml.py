"""XML in and out.

Documents come from strangers: they have no DOCTYPE, so no entities of their own, and their size, depth and number of
elements are bounded.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NewType
from xml.parsers import expat
from xml.sax.saxutils import escape

from service.s3.errors import S3Error

# Rendered, so that text cannot stand for it by accident.
Xml = NewType("Xml", str)

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
# The largest completes 10,000 parts: one of four or five elements each.
MAX_ELEMENTS = 100_000
MAX_DEPTH = 16

# XML 1.0 has none of them, not even as references (section 2.2).
_NOT_IN_XML = re.compile("[^\\t\\n\\r\\u0020-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# A parser reads a carriage return as a line feed (section 2.11).
_REFERENCES = {"\r": "&#13;"}


def text(name: str, value: str | int | bool | datetime) -> Xml:
    """Return an element that holds a text, a number, `true` or `false`, or a time in UTC."""
    if isinstance(value, bool):
        content = "true" if value else "false"
    elif isinstance(value, datetime):
        content = format_time(value)
    else:
        content = escape(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", str(value)), _REFERENCES)
    return Xml(f"<{name}>{content}</{name}>")


def element(name: str, *children: Xml) -> Xml:
    """Return an element that holds others."""
    return Xml(f"<{name}>{''.join(children)}</{name}>")


def document(name: str, *children: Xml) -> bytes:
    """Return a document whose root is in S3's namespace."""
    return DECLARATION + root_element(name, *children).encode()


def root_element(name: str, *children: Xml) -> Xml:
    """Return the root of such a document."""
    return Xml(f'<{name} xmlns="{NAMESPACE}">{"".join(children)}</{name}>')


def format_time(time: datetime) -> str:
    """Return a time as S3's documents have it: in UTC, with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Node:
    """An element that was read: its name without a namespace, the text directly in it, and the elements in it."""

    __slots__ = ("children", "name", "text")

    def __init__(self, name: str) -> None:
        self.name = name
        self.text = ""
        self.children: list[Node] = []

    def all(self, name: str) -> Iterator["Node"]:
        """Yield the children of that name."""
        return (each for each in self.children if each.name == name)

    def find(self, name: str) -> "Node | None":
        """Return the first child of that name."""
        return next(self.all(name), None)

    def get(self, name: str) -> str | None:
        """Return the text of the first child of that name, None where there is none."""
        child = self.find(name)
        return None if child is None else child.text


def parse(body: bytes, root: str) -> Node:
    """Return the document, whose root element has the name `root`. Raises `S3Error`, `MalformedXML`."""
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        # The last two for encodings that Python does not know, or that it cannot teach the parser.
        raise _malformed() from error
    if reader.root is None or reader.root.name != root:
        raise _malformed()
    return reader.root


def _malformed() -> S3Error:
    return S3Error("MalformedXML", "The XML is not well-formed, or is not of the schema that the operation has.")


class _Reader:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._count = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) == MAX_DEPTH:
            raise _malformed()
        node = Node(name.rpartition(":")[2])
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])

    def _end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())

    def _characters(self, data: str) -> None:
        self._texts[-1].append(data)

    def _doctype(self, *_: object) -> None:
        raise _malformed()
