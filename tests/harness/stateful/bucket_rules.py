"""Buckets: put with a policy, looked at, deleted."""

from typing import Any
from urllib.parse import quote

import msgspec
from hypothesis.stateful import rule

from domain.buckets.model import Policy
from tests.harness.stateful.driving import Driving
from tests.harness.stateful.values import buckets, policies


class BucketRules(Driving):
    @rule(name=buckets, policy=policies)
    def put_bucket(self, name: str, policy: dict[str, Any]) -> None:
        answer = self.send_json("PUT", _path(name), policy)
        created = self.predict_bucket(answer, name, policy)
        if created is not None:
            assert answer.status_code == (201 if created else 200)
            assert answer.headers.get("location") == (f"/v1/buckets/{name}" if created else None)
            self.assert_shows_bucket(answer.json(), name)

    @rule(name=buckets)
    def delete_bucket(self, name: str) -> None:
        answer = self.send("DELETE", _path(name))
        self.predict(answer, lambda: self.model.delete_bucket(name))
        answer = self.send("GET", _path(name))
        if self.predict(answer, lambda: self.model.bucket(name)):
            self.assert_shows_bucket(answer.json(), name)

    def predict_bucket(self, answer: Any, name: str, policy: dict[str, Any]) -> bool | None:
        created = self.predict(answer, lambda: self.model.put_bucket(name, msgspec.convert(policy, Policy)))
        if created and not self.deployment.is_clock_exact:
            self.model.buckets[name].created_at = self._time(answer.json()["created_at"])
        return created


def _path(name: str) -> str:
    return f"/v1/buckets/{quote(name, safe='')}"
