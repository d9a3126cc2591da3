"""What needs a clock that can be turned, and a look behind the API: files expire, leases lapse, the reaper works."""

from typing import Protocol

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from domain.files.content.detect_type import HEAD_BYTES
from domain.values.media_types import OCTET_STREAM, content_type_of
from tests.harness.stateful.deployment import Deployment
from tests.harness.stateful.driving import Driving, path_of
from tests.harness.stateful.model import detected
from tests.harness.stateful.records import ModelFile
from tests.harness.stateful.refusals import Refused
from tests.harness.stateful.values import HOUR, buckets, contents, names


class TurnableDeployment(Deployment, Protocol):
    """A service whose time passes when it is told to."""

    lease: float
    """How long a reservation lasts, in seconds. One that is handed out has half of it left."""

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def send_slowly(self, url: str, *, content: bytes, seconds: float, reaps: bool) -> httpx.Response:
        """PUT `content`, then let time pass, and the reaper work if it should, before the body's end."""
        ...

    def reap(self) -> None:
        """Run one round of the reaper."""
        ...

    def stored(self) -> list[bytes]:
        """Return all that the blob store holds, finished or not."""
        ...


class TimeRules(Driving):
    deployment: TurnableDeployment  # type: ignore[misc] # narrower, for the machines that derive from this

    @rule(seconds=st.sampled_from([1, 500, 1000, HOUR, 24 * HOUR, 11_000 * HOUR]))
    def time_passes(self, seconds: float) -> None:
        self.deployment.advance(seconds)

    @rule(seconds=st.sampled_from([0, 1000, 24 * HOUR]))
    def reap(self, seconds: float) -> None:
        self.deployment.advance(seconds)
        self.deployment.reap()
        self.look()
        self.model.reap()
        expected = [blob.content for blob in (*self.model.blobs(), *self.model.condemned)]
        assert sorted(self.deployment.stored()) == sorted(expected)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "model"):
            self.reap(0)
            self.reap(self.deployment.grace)

    @rule(bucket=buckets, name=names, content=contents, leases=st.sampled_from([0.3, 1.1]), reaps=st.booleans())
    def upload_that_takes_long(self, bucket: str, name: str, content: bytes, leases: float, reaps: bool) -> None:
        seconds = leases * self.deployment.lease
        begun = self.deployment.now()
        url = path_of(bucket, name, escaped=True)
        answer = self.deployment.send_slowly(url, content=content, seconds=seconds, reaps=reaps)

        def store() -> tuple[ModelFile, bool]:
            self.model.now = begun
            try:
                self.admit(bucket, name, content)
            finally:
                # What is refused amid its body is taken to its end all the same.
                self.look()
                if reaps and self.model.now > begun:
                    self.model.reap()
            # A short body that has to tell its type is whole before its blob is reserved.
            is_untyped = content_type_of(name) == OCTET_STREAM and len(content) < HEAD_BYTES
            is_gathered = is_untyped and not self.model.bucket(bucket).policy.has_quota
            if reaps and leases > 1 and not is_gathered:
                raise Refused(503, "lease_lost")
            return self.model.put_file(bucket, name, None, content, {}, chunks=[content])

        if stored := self.predict(answer, store):
            assert self.model.now > begun
            self.assert_answers(answer, 201 if stored[1] else 200, stored[0])

    def admit(self, bucket: str, name: str, content: bytes) -> None:
        if not name.strip("/"):
            raise Refused(405, "method_not_allowed")
        content_type: str | None = content_type_of(name)
        if content_type == OCTET_STREAM:
            content_type = detected(content) if len(content) >= HEAD_BYTES else None
        self.model.admit_upload(bucket, name, content_type, None, None, None)
        self.model.take_room(bucket, name, (b"", content))
