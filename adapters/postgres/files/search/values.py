"""The values bound to a statement."""


class Values:
    """The values bound to a statement, in the order of their placeholders."""

    def __init__(self) -> None:
        self.bound: list[object] = []

    def bind(self, value: object, type_: str) -> str:
        """Return the placeholder for `value`, as SQL of that type."""
        self.bound.append(value)
        return f"${len(self.bound)}::{type_}"
