"""Values of every type that the World holds, made at random from the types themselves."""

from __future__ import annotations

import random
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from clickit_tui.tape.form import KNOWN, kind_of
from clickit_tui.world.parts import Series
from clickit_tui.world.world import World

WORDS = ("api", "clickit-prod-api", "2 of 3", "arn:aws:ecs:eu-west-1:123456789012:task/c/8f3a", "größer – 54 %", "two\nlines", "")


def sample(kind: Any, rng: random.Random, depth: int = 0) -> Any:
    """A value of a type; every part of it is filled in, by chance with nothing where it may be nothing."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return sample(rng.choice(inner), rng, depth)
    if origin is Literal:
        return rng.choice(inner)
    if origin is tuple:
        if len(inner) == 2 and inner[1] is ...:
            return tuple(sample(inner[0], rng, depth + 1) for _ in range(rng.randint(0 if depth else 1, 2)))
        return tuple(sample(each, rng, depth + 1) for each in inner)
    if origin is frozenset:
        return frozenset(sample(inner[0], rng, depth + 1) for _ in range(2))
    if origin in (dict, Mapping):
        return {f"key{n}": sample(inner[1], rng, depth + 1) for n in range(2)}
    if isinstance(origin, type) and issubclass(origin, msgspec.Struct):
        return _struct(origin, {name: _given(hint, inner) for name, hint in get_type_hints(origin).items()}, rng, depth)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, get_type_hints(kind), rng, depth)
    return _plain(kind, rng)


def _given(hint: Any, inner: tuple[Any, ...]) -> Any:
    """A type with its variable replaced."""
    if isinstance(hint, typing.TypeVar):
        return inner[0]
    if get_origin(hint) in (types.UnionType, typing.Union):
        return typing.Union[tuple(_given(each, inner) for each in get_args(hint))]  # noqa: UP007 - made from parts
    return hint


def _struct(kind: type[msgspec.Struct], hints: Mapping[str, Any], rng: random.Random, depth: int) -> msgspec.Struct:
    names = kind.__struct_fields__
    if kind is Series:
        hints = {**hints, "times": tuple[float, float], "values": tuple[float, float]}
    return kind(**{name: sample(hints[name], rng, depth + 1) for name in names})


def _plain(kind: Any, rng: random.Random) -> Any:
    if kind is type(None):
        return None
    if isinstance(kind, type) and issubclass(kind, Enum):
        return rng.choice(list(kind))
    if kind is object:
        return rng.choice(WORDS)
    made = {
        bool: lambda: rng.random() < 0.5,
        int: lambda: rng.randint(-5, 10**10),
        float: lambda: rng.choice((0.0, 1.5, 1_764_250_000.123, -3.25)),
        str: lambda: rng.choice(WORDS),
    }
    return made[kind]()


def world(seed: int, env: str = "prod") -> World:
    """A World in which every field has a value."""
    rng = random.Random(seed)
    return World(env=env, **{name: sample(kind_of(name), rng) for name in sorted(KNOWN)})
