"""Identifiers: UUIDv7 in both forms, and no two alike."""

import os
import re
import time
from uuid import UUID

from domain.values.ids import new_id
from service.observability.request_ids import REQUEST_IDS

TEXT = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_an_id_is_a_uuid_of_version_7_with_the_time_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made, text = new_id(), REQUEST_IDS.new()
    after = time.time_ns() // 1_000_000
    assert TEXT.fullmatch(text)
    for each in (made, UUID(text)):
        assert each.version == 7
        assert each.variant == "specified in RFC 4122"
        assert before <= each.int >> 80 <= after


def test_no_two_are_alike() -> None:
    for make in (new_id, lambda: UUID(REQUEST_IDS.new())):
        assert len({make().int & (2**80 - 1) for _ in range(10_000)}) == 10_000


def test_a_forked_process_makes_others() -> None:
    REQUEST_IDS.new()
    take, give = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(give, REQUEST_IDS.new().encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs, ours = os.read(take, 36), REQUEST_IDS.new().encode()
    os.close(take)
    os.close(give)
    assert theirs[14:] != ours[14:]
