"""The region that the service says it is, which clients sign for."""

from typing import NewType

Region = NewType("Region", str)

# The region of those clients that are told none.
DEFAULT = Region("us-east-1")
