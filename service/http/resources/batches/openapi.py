"""Batches."""

from http import HTTPStatus

from domain.batches.errors import NotAttemptedError
from domain.errors import OutcomeUnknownError
from service.http.headers.conditions import InvalidConditionError
from service.http.openapi import examples
from service.http.openapi.headers import ON_REPEATS
from service.http.openapi.operation import Answer, Operation, json_of
from service.http.resources.files.openapi import TAG

OPERATIONS = {
    "applyBatch": Operation(
        tag=TAG,
        description=(
            "One after the other, each as if it came alone: an operation that fails does not hold up the others, and "
            "has the status and the problem that it would have alone. The answer is 200 as soon as there are results. "
            "They are made in chunks, each a transaction. Where the catalog fails amid them, the operations of that "
            f"chunk say so, with `{OutcomeUnknownError.code}` where they may have happened; those behind it are "
            f"`{NotAttemptedError.code}`; those before it stay. With an `Idempotency-Key` the batch may be sent again: "
            "what was done, refusals included, is answered as it was, and the batch goes on behind that."
        ),
        request_headers=ON_REPEATS,
        body=json_of(examples.BATCH),
        answers={
            HTTPStatus.OK: Answer(description="What became of each operation.", content=json_of(examples.BATCH_ANSWER))
        },
        refusals=(InvalidConditionError,),
    ),
}
