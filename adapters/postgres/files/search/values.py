"""The values bound to a statement."""


class Values:
    """The values bound to a statement, in the order of their placeholders."""

    def __init__(self) -> None:
        self.bound: list[object] = []

    def bind(self, value: object, type_: str) -> str:
        """Return the placeholder for `value`, as SQL of that type."""
        self.bound.append(value)
        return f"${len(self.bound)}::{type_}"

    def planned_anew(self) -> str:
        """Return a condition that is true, with which Postgres plans the statement for its values each time.

        From the sixth run on it may keep one plan for all values: the same for a tag that every file has and for one
        that none has. Here that plan counts to a thousand million, as far as the planner can tell, and is never the
        cheaper one; the plan for the values sees that there is nothing to count.
        """
        return f"({self.bind(True, 'boolean')} OR (SELECT count(*) FROM generate_series(1, 1000000000)) < 0)"
