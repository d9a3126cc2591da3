"""Answers that fail once they have begun: nobody can take their status back, so their connection ends."""

import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.errors import FileportError
from service.server.connections import break_off

log = structlog.get_logger()


def break_off_failed_answers(app: ASGIApp) -> ASGIApp:
    """Wrap `app`: where it fails amid an answer, the client sees a short body and never a clean end."""

    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        is_answered = False

        async def sent(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await app(scope, receive, sent)
        except Exception as error:
            if not is_answered or not break_off(scope):
                raise
            # The framework raises an error of its own from what it meets amid an answer.
            cause = error.__cause__ or error
            if isinstance(cause, FileportError):
                log.warning("answer broken off", code=cause.code, detail=cause.detail)
            else:
                log.exception("answer broken off")

    return breaking
