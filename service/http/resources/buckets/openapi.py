"""Buckets."""

from http import HTTPStatus

from domain.buckets.errors import BucketNotEmptyError, BucketProtectedError, InvalidBucketError, NoSuchBucketError
from domain.errors import OutcomeUnknownError
from domain.values.errors import InvalidCursorError
from service.http.openapi import examples
from service.http.openapi.headers import ON_BUCKETS, ON_REPEATS
from service.http.openapi.operation import Answer, Meaning, Operation, json_of

TAG = "Buckets"

OPERATIONS = {
    "listBuckets": Operation(
        tag=TAG,
        description="In the order of their names, by code point.",
        answers={HTTPStatus.OK: Answer(description="A page of buckets.", content=json_of(examples.BUCKET_PAGE))},
        refusals=(InvalidCursorError,),
        query={
            "limit": Meaning("At most so many buckets.", 100),
            "cursor": Meaning("The page after another: that one's `next`.", examples.BUCKET_PAGE.next),
        },
    ),
    "putBucket": Operation(
        tag=TAG,
        description=(
            "The policy is replaced whole: a field that is left out returns to its default. It holds for what comes "
            "after; files that are in the bucket already stay."
        ),
        request_headers=(*ON_BUCKETS, *ON_REPEATS),
        body=json_of(examples.POLICY),
        answers={
            HTTPStatus.OK: Answer(description="The bucket has the new policy.", content=json_of(examples.BUCKET)),
            HTTPStatus.CREATED: Answer(
                description="The bucket is new.", headers=("Location",), content=json_of(examples.NEW_BUCKET)
            ),
        },
        refusals=(InvalidBucketError, OutcomeUnknownError),
    ),
    "getBucket": Operation(
        tag=TAG,
        answers={HTTPStatus.OK: Answer(description="The bucket.", content=json_of(examples.BUCKET))},
        refusals=(InvalidBucketError, NoSuchBucketError),
    ),
    "deleteBucket": Operation(
        tag=TAG,
        description="The bucket `default` always exists.",
        request_headers=ON_BUCKETS[:1],
        answers={HTTPStatus.NO_CONTENT: Answer(description="The bucket is gone.")},
        refusals=(
            InvalidBucketError,
            NoSuchBucketError,
            BucketNotEmptyError,
            BucketProtectedError,
            OutcomeUnknownError,
        ),
    ),
}
