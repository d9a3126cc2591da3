"""Names that many clients write at once: the contents that a read may return."""

from math import inf

import msgspec

from tests.harness.soak.violation import ViolationError

# No request takes as long, in seconds.
_LONG_AGO = 300.0


class Write(msgspec.Struct, kw_only=True):
    """A write that may have happened between `began` and `ended`, by one monotonic clock; `happened` if it is known to.

    An answer that never came ends a write too. Its server was killed, and a commit that Postgres may still do for it
    has locked the name's row already: a later write waits for that, and so comes after it. The same goes for
    503 `outcome_unknown`.
    """

    sha256: str
    began: float
    ended: float = inf
    happened: bool = False


class Register:
    """The writes of one name that may still be read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._writes: list[Write] = []

    def begin(self, sha256: str, now: float) -> Write:
        """Note that a write is about to be sent."""
        write = Write(sha256=sha256, began=now)
        self._writes.append(write)
        return write

    def end(self, write: Write, now: float, *, happened: bool | None) -> None:
        """Note the end of a write: acknowledged, refused, or None for unknown."""
        write.ended = now
        if happened is False:
            self._writes.remove(write)
        elif happened:
            write.happened = True
        self._writes = [each for each in self._writes if not self._is_overtaken(each, now - _LONG_AGO)]

    def check_seen(self, sha256: str | None, *, began: float, ended: float) -> None:
        """Raise `ViolationError` where a read from `began` to `ended` returned an impossible content: None for no file.

        What may be read are the bytes of a write that no other has replaced: none that is known to have happened,
        began after it ended, and ended before the read began.
        """
        if sha256 is None:
            if any(each.happened and each.ended < began for each in self._writes):
                raise ViolationError(f"{self.name}: acknowledged, and not there.")
            return
        seen = next((each for each in self._writes if each.sha256 == sha256 and each.began <= ended), None)
        if seen is None:
            raise ViolationError(f"{self.name}: {sha256} was read, and was never written, or is long replaced.")
        if self._is_overtaken(seen, began):
            raise ViolationError(f"{self.name}: {seen} was read, and another was acknowledged since.")
        # Who was read has happened, and by then.
        seen.happened = True
        seen.ended = min(seen.ended, ended)

    def _is_overtaken(self, write: Write, by: float) -> bool:
        return any(each.happened and write.ended < each.began and each.ended < by for each in self._writes)
