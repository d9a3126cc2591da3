"""Numbers that callers see. The limits describe them; decoding does not check them."""

from typing import Annotated

from msgspec import Meta

Count = Annotated[int, Meta(extra_json_schema={"minimum": 0})]
Positive = Annotated[int, Meta(extra_json_schema={"minimum": 1})]
