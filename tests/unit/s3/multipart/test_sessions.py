"""Any sequence of calls on a multipart upload has the outcome that it has on a dictionary of parts."""

import hashlib
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.multipart import manifest
from tests.support.s3 import S3Client
from tests.unit.s3.multipart.uploads import Named, Upload

NUMBERS, CONTENTS = st.integers(1, 4), st.binary(min_size=1, max_size=3)
Put = tuple[int, bytes]
STEPS = st.lists(
    st.one_of(
        st.tuples(NUMBERS, CONTENTS),
        # Numbers to complete with, each with the tag of what came last or, where that is False, of something else.
        st.dictionaries(NUMBERS, st.booleans() | st.just(value=True), min_size=1),
        st.just("abort"),
    ),
    max_size=12,
)

_names = count()


class Model:
    """What is known of an upload: its parts, and how it ended."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.is_aborted = False
        self.completed_with: list[Named] | None = None
        self.content = b""

    @property
    def has_ended(self) -> bool:
        return self.is_aborted or self.completed_with is not None

    def put(self, number: int, content: bytes) -> str | None:
        """Return the code of the refusal, None where there is none; so do the others."""
        if self.has_ended:
            return "NoSuchUpload"
        self.parts[number] = content
        return None

    def complete(self, chosen: list[Named]) -> str | None:
        if self.has_ended:
            return None if chosen == self.completed_with else "NoSuchUpload"
        if any(number not in self.parts or tag != tag_of(self.parts[number]) for number, tag in chosen):
            return "InvalidPart"
        self.completed_with = chosen
        self.content = b"".join(self.parts[number] for number, _ in chosen)
        return None

    def abort(self) -> str | None:
        if self.has_ended:
            return "NoSuchUpload"
        self.is_aborted = True
        return None


def tag_of(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


@pytest.fixture
def no_least_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "LEAST_PART_SIZE", 0)


@given(steps=STEPS)
async def test_a_session_is_a_dictionary_of_parts(
    s3: S3Client, no_least_size: None, steps: list[Put | dict[int, bool] | str]
) -> None:
    upload, model = await Upload.begin(s3, f"/default/session-{next(_names)}"), Model()
    for step in steps:
        if isinstance(step, tuple):
            answer, code = await upload.put(*step), model.put(*step)
        elif isinstance(step, dict):
            chosen = [
                (number, tag_of(model.parts.get(number, b"") if is_latest else b"other"))
                for number, is_latest in sorted(step.items())
            ]
            answer, code = await upload.complete(*chosen), model.complete(chosen)
        else:
            answer, code = await upload.abort(), model.abort()
        assert (answer.code if answer.status >= 400 else None) == code
        if not model.has_ended:
            assert (await upload.parts()).texts("Part/ETag") == [
                tag_of(each) for _, each in sorted(model.parts.items())
            ]
    read = await s3.send("GET", upload.path)
    assert (read.status, read.body if read.status == 200 else b"") == (
        (404, b"") if model.completed_with is None else (200, model.content)
    )
