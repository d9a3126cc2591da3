"""Health and metrics."""

from http import HTTPStatus

from prometheus_client import CONTENT_TYPE_LATEST

from service.http.openapi import examples
from service.http.openapi.operation import Answer, Content, Operation, json_of

TAG = "Health"

OPERATIONS = {
    "live": Operation(
        tag=TAG,
        description="It touches no store: a failing one is no reason to restart the process.",
        answers={HTTPStatus.OK: Answer(description="The process runs.", content=json_of(examples.LIVE))},
    ),
    "metrics": Operation(
        tag=TAG,
        answers={
            HTTPStatus.OK: Answer(
                description="The figures, of all workers together.",
                content=Content(
                    media_types=(CONTENT_TYPE_LATEST,),
                    schema={"type": "string"},
                    examples={"example": examples.METRICS},
                ),
            )
        },
    ),
    "ready": Operation(
        tag=TAG,
        answers={
            HTTPStatus.OK: Answer(description="Both stores work.", content=json_of(examples.READY)),
            HTTPStatus.SERVICE_UNAVAILABLE: Answer(description="A store fails.", content=json_of(examples.NOT_READY)),
        },
    ),
}
