"""The document's descriptions of health and metrics."""

from prometheus_client import CONTENT_TYPE_LATEST

from service.http.openapi.operation import Content, Operation, Response
from service.http.resources.health.bodies import Liveness, Readiness

_METRICS = """\
# HELP fileport_response_bytes_total Bytes of answers' bodies.
# TYPE fileport_response_bytes_total counter
fileport_response_bytes_total{method="GET",route="/v1/files"} 81920.0
"""
_FIGURES = Content(media_types=(CONTENT_TYPE_LATEST,), schema={"type": "string"}, examples={"example": _METRICS})
_READY = Readiness(status="ok", catalog="ok", blob_store="ok")
_NOT_READY = Readiness(status="failing", catalog="failing", blob_store="ok")

LIVE = Operation(responses=(Response(200, "The process runs.", Liveness()),))
METRICS = Operation(responses=(Response(200, "The figures, of all workers together.", _FIGURES),))
READY = Operation(responses=(Response(200, "Both stores work.", _READY), Response(503, "A store fails.", _NOT_READY)))
