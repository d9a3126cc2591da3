"""The service's health in JSON."""

from typing import Literal

import msgspec

StoreState = Literal["ok", "failing"]


class Liveness(msgspec.Struct, frozen=True):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served, and which store fails if not."""

    status: StoreState
    catalog: StoreState
    blob_store: StoreState
