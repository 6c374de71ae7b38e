"""What the fetchers share: waiting for another field, reading several things at once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.members import Json, records
from clickit_tui.aws.reads import permission
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble

T = TypeVar("T")

AT_ONCE = 8
"""Most calls of one fetch in flight together."""


def needed(seen: Seen[T], field: str) -> T:
    """The last good value of a field this fetch depends on; raises `Failed` (WAITING) with that field's reason while there is none."""
    if seen.value is not None:
        return seen.value
    if seen.fault is not None and seen.fault.kind is Trouble.WAITING:
        raise Failed(seen.fault)
    reason = seen.fault.sentence if seen.fault else "not read yet"
    raise Failed(Fault(kind=Trouble.WAITING, sentence=f"waits for {field}: {reason}"))


async def listed(gateway: Gateway, service: str, operation: str, member: str, /, **params: object) -> list[Json]:
    """The structures of the list `member` over all pages.

    An answer without that list proves nothing and is a failure (GARBLED); use this where an empty list means that there is none.
    """
    answers = await gateway.answers(service, operation, **params)  # type: ignore[arg-type]
    if not all(isinstance(answer.get(member), list) for answer in answers):
        raise garbled(permission(service, operation), member)
    return [item for answer in answers for item in records(answer, member)]


def not_found(what: str, operation: str = "") -> Failed:
    """A named thing does not exist."""
    return Failed(Fault(kind=Trouble.MISSING, sentence=f"not found: looked for {what}", operation=operation))


def garbled(operation: str, what: str) -> Failed:
    """An answer that lacks what it must have; nothing may be concluded from it."""
    return Failed(Fault(kind=Trouble.GARBLED, sentence=f"the answer to {operation} has no {what}", operation=operation))


def missing(failed: Failed, *codes: str) -> bool:
    """Whether a failure says that the named thing does not exist."""
    return failed.fault.kind is Trouble.MISSING or failed.fault.code in codes


def batches(items: Iterable[str], most: int) -> list[list[str]]:
    """The items in lists of at most `most`."""
    every = list(items)
    return [every[start : start + most] for start in range(0, len(every), most)]


async def outcomes(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T | Failed]:
    """Run calls concurrently, at most `AT_ONCE` in flight; a result or its failure each, in their order."""
    gate = asyncio.Semaphore(AT_ONCE)
    begun = list(calls)

    async def one(call: Coroutine[Any, Any, T]) -> T | Failed:
        async with gate:
            try:
                return await call
            except Failed as failed:
                return failed

    try:
        return list(await asyncio.gather(*(one(call) for call in begun)))
    finally:
        for call in begun:
            if inspect.getcoroutinestate(call) == inspect.CORO_CREATED:
                call.close()


async def together(calls: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run calls concurrently and return all results; raises the first failure after all have ended."""
    results: list[T] = []
    for outcome in await outcomes(calls):
        if isinstance(outcome, Failed):
            raise outcome
        results.append(outcome)
    return results
