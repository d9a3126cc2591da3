"""What a soak counts, and how it says it."""

from collections import Counter

import msgspec


class Report(msgspec.Struct, kw_only=True):
    """The figures of one soak."""

    seed: int
    kills: Counter[str] = msgspec.field(default_factory=Counter)
    acknowledged: Counter[str] = msgspec.field(default_factory=Counter)
    answers: Counter[str] = msgspec.field(default_factory=Counter)
    # By kind of the change and its outcome.
    unknown: Counter[str] = msgspec.field(default_factory=Counter)
    checked: Counter[str] = msgspec.field(default_factory=Counter)
    seconds: float = 0.0

    def lines(self) -> list[str]:
        """Return the report for people."""
        changes = {kind: count for kind, count in self.acknowledged.items() if kind not in {"read", "list"}}
        return [
            f"seed {self.seed}, {self.seconds:.0f} s",
            f"kills: {self.kills.total()} ({_listed(self.kills)})",
            f"acknowledged changes: {sum(changes.values())} ({_listed(changes)})",
            f"reads and listings checked meanwhile: {self.acknowledged['read']} and {self.acknowledged['list']}",
            f"unknown outcomes: {self.unknown.total()} ({_listed(self.unknown)})",
            f"requests by answer: {_listed(self.answers)}",
            f"checked at the end: {_listed(self.checked)}",
        ]


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())) or "none"
