"""What may become of a request: the effects of faults."""

import asyncio

from tests.harness.fault_proxy.exchange import CutError, Effect, Exchange


async def cut(exchange: Exchange) -> bytes:
    """The connection breaks before the server has any of it."""
    raise CutError


async def cut_midway(exchange: Exchange) -> bytes:
    """The connection breaks when the server has half of it."""
    await exchange.begin(len(exchange.payload) // 2)
    raise CutError


async def lose_answer(exchange: Exchange) -> bytes:
    """The server executes the request, and its answer is lost with the connection."""
    await exchange.forward()
    raise CutError


async def swallow(exchange: Exchange) -> bytes:
    """The server gets nothing and the client no answer, until the fault is over: then the connection breaks."""
    await exchange.until_over()
    raise CutError


async def swallow_answer(exchange: Exchange) -> bytes:
    """The server executes the request, and the client waits for the answer until the fault is over."""
    await exchange.forward()
    await exchange.until_over()
    raise CutError


async def hold(exchange: Exchange) -> bytes:
    """The request goes on when the fault is over."""
    await exchange.until_over()
    return await exchange.forward()


async def hold_answer(exchange: Exchange) -> bytes:
    """The answer goes on when the fault is over."""
    answer = await exchange.forward()
    await exchange.until_over()
    return answer


def delay(seconds: float) -> Effect:
    """The answer comes late."""

    async def effect(exchange: Exchange) -> bytes:
        answer = await exchange.forward()
        await asyncio.sleep(seconds)
        return answer

    return effect


def throttle(size: int, pause: float) -> Effect:
    """The answer comes in pieces of `size` bytes, with pauses between them."""

    async def effect(exchange: Exchange) -> bytes:
        answer = await exchange.forward()
        while len(answer) > size:
            await exchange.reply(answer[:size])
            answer = answer[size:]
            await asyncio.sleep(pause)
        return answer

    return effect


def truncate(size: int, *, reset: bool) -> Effect:
    """The connection ends, in good order or not, before the answer's byte `size`, from its end if it is negative."""

    async def effect(exchange: Exchange) -> bytes:
        answer = await exchange.forward()
        await exchange.reply(answer[:size])
        raise CutError(reset=reset)

    return effect


def stall(size: int) -> Effect:
    """The answer stops before its byte `size`, from its end if it is negative, until the fault is over."""

    async def effect(exchange: Exchange) -> bytes:
        answer = await exchange.forward()
        await exchange.reply(answer[:size])
        await exchange.until_over()
        raise CutError

    return effect


def answer(whole: bytes) -> Effect:
    """The server gets nothing, and the client this answer."""

    async def effect(exchange: Exchange) -> bytes:
        return whole

    return effect
