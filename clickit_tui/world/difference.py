"""What differs between two task definitions, field by field; secrets by reference, values of variables only where they are allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from clickit_tui.world.ecs import ContainerDefinition, TaskDefinition

SHOWN = frozenset(
    {
        "APP_ENV",
        "CLICKIT_ENV",
        "CLICKIT_VERSION",
        "ENV",
        "HOST",
        "LOG_FORMAT",
        "LOG_LEVEL",
        "NODE_ENV",
        "PORT",
        "TZ",
        "WEB_CONCURRENCY",
        "WORKERS",
    }
)
"""Variables whose values may be shown; of every other one only its name."""
MASKED = "***"
NONE = "–"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One field that differs; `–` stands for what one side does not have."""

    container: str
    """Name of the container; empty for the task itself."""
    field: str
    """`image`, `cpu`, `environment LOG_LEVEL`, `secret CLICKIT_DATABASE_URL`."""
    before: str
    after: str
    known: bool = True
    """False when both sides are masked, so that nobody can tell whether they differ."""

    @property
    def name(self) -> str:
        """The field in a word or two, for lists: `image`, `LOG_LEVEL`."""
        return self.field.split(" ", 1)[-1] if self.field.startswith(("environment ", "secret ")) else self.field


def differences(old: TaskDefinition, new: TaskDefinition, shown: Collection[str] = SHOWN) -> tuple[Difference, ...]:
    """What `new` has otherwise than `old`: the task's fields, then each container's."""
    found = _fields("", _task(old), _task(new))
    before, after = ({c.name: c for c in each.containers} for each in (old, new))
    for name in dict.fromkeys((*before, *after)):
        found += _container(name, before.get(name), after.get(name), shown)
    return tuple(found)


def _task(of: TaskDefinition) -> dict[str, str]:
    return {
        "cpu": of.cpu,
        "memory": of.memory,
        "architecture": of.architecture,
        "task role": of.task_role.rsplit("/", 1)[-1],
        "execution role": of.execution_role.rsplit("/", 1)[-1],
    }


def _container(name: str, old: ContainerDefinition | None, new: ContainerDefinition | None, shown: Collection[str]) -> list[Difference]:
    if old is None or new is None:
        there = new or old
        image = there.image if there is not None else ""
        return [Difference(container=name, field="container", before=image if old else NONE, after=image if new else NONE)]
    found = _fields(name, _plain(old), _plain(new))
    found += _variables(name, dict(old.environment), dict(new.environment), shown)
    before, after = dict(old.secrets), dict(new.secrets)
    found += _fields(name, _references(before), _references(after))
    return found


def _plain(of: ContainerDefinition) -> dict[str, str]:
    return {
        "image": of.image,
        "essential": "yes" if of.essential else "no",
        "cpu": "" if of.cpu is None else str(of.cpu),
        "memory": "" if of.memory is None else str(of.memory),
        "command": " ".join(of.command),
        "health check": " ".join(of.health_check),
        "ports": ", ".join(map(str, of.ports)),
        "log group": of.log_group,
        "log mode": of.log_mode,
    }


def _references(secrets: Mapping[str, str]) -> dict[str, str]:
    return {f"secret {name}": reference.rsplit(":secret:", 1)[-1] for name, reference in secrets.items()}


def _fields(container: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    return [
        Difference(container=container, field=name, before=old.get(name) or NONE, after=new.get(name) or NONE)
        for name in dict.fromkeys((*old, *new))
        if (old.get(name) or NONE) != (new.get(name) or NONE)
    ]


def _variables(container: str, old: Mapping[str, str], new: Mapping[str, str], shown: Collection[str]) -> list[Difference]:
    found = []
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        hidden = before == after and before is not None and MASKED in before
        if before != after or hidden:
            show = name in shown
            found.append(
                Difference(
                    container=container,
                    field=f"environment {name}",
                    before=_value(before, show),
                    after=_value(after, show),
                    known=not hidden,
                )
            )
    return found


def _value(value: str | None, shown: bool) -> str:
    return NONE if value is None else value if shown else MASKED


def in_short(found: tuple[Difference, ...], most: int = 4) -> str:
    """`image, LOG_LEVEL, memory and 2 more`; `nothing` where nothing differs."""
    names = list(dict.fromkeys(d.name for d in found if d.known))
    if not names:
        return "nothing"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
