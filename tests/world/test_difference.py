"""Two task definitions, field by field."""

from __future__ import annotations

from typing import Any

import msgspec

from clickit_tui.world.difference import NONE, differences, in_short
from clickit_tui.world.ecs import ContainerDefinition, TaskDefinition

SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/"


def container(**changes: Any) -> ContainerDefinition:
    plain = ContainerDefinition(
        name="api",
        image="repo/api:v1",
        environment=(("LOG_LEVEL", "info"), ("FEATURE", "off"), ("SMTP_PASSWORD", "***")),
        secrets=(("DATABASE_URL", f"{SECRET}database-url-AbCdEf"),),
        health_check=("CMD", "true"),
    )
    return msgspec.structs.replace(plain, **changes)


def definition(*containers: ContainerDefinition, **changes: Any) -> TaskDefinition:
    plain = TaskDefinition(arn="a:1", family="a", revision=1, cpu="256", memory="512", containers=containers or (container(),))
    return msgspec.structs.replace(plain, **changes)


def rows(old: TaskDefinition, new: TaskDefinition) -> list[tuple[str, str, str, str]]:
    return [(d.container, d.field, d.before, d.after) for d in differences(old, new) if d.known]


def test_a_definition_does_not_differ_from_itself_save_for_what_nobody_can_tell() -> None:
    found = differences(definition(), definition(revision=2, arn="a:2"))
    assert [(d.field, d.known) for d in found] == [("environment SMTP_PASSWORD", False)]
    assert in_short(found) == "nothing"


def test_fields_of_task_and_container_that_differ_are_named_with_both_sides() -> None:
    new = definition(
        container(image="repo/api:v2", command=("serve", "--fast"), health_check=(), memory=128, log_mode="non-blocking"),
        cpu="512",
        memory="1024",
        architecture="ARM64",
        task_role="arn:aws:iam::1:role/other",
    )
    assert rows(definition(), new) == [
        ("", "cpu", "256", "512"),
        ("", "memory", "512", "1024"),
        ("", "architecture", NONE, "ARM64"),
        ("", "task role", NONE, "other"),
        ("api", "image", "repo/api:v1", "repo/api:v2"),
        ("api", "memory", NONE, "128"),
        ("api", "command", NONE, "serve --fast"),
        ("api", "health check", "CMD true", NONE),
        ("api", "log mode", NONE, "non-blocking"),
    ]


def test_values_of_variables_are_shown_only_where_their_name_is_allowed() -> None:
    new = definition(container(environment=(("LOG_LEVEL", "debug"), ("FEATURE", "on"), ("SMTP_PASSWORD", "***"), ("TOKEN", "t0p"))))
    assert rows(definition(), new) == [
        ("api", "environment LOG_LEVEL", "info", "debug"),
        ("api", "environment FEATURE", "***", "***"),
        ("api", "environment TOKEN", NONE, "***"),
    ]
    assert "t0p" not in repr(differences(definition(), new))


def test_secrets_stand_by_their_reference() -> None:
    new = definition(container(secrets=(("DATABASE_URL", f"{SECRET}other-XyZ"), ("JWT", f"{SECRET}jwt-secret-key-GhIjKl"))))
    assert rows(definition(), new) == [
        ("api", "secret DATABASE_URL", "clickit/prod/database-url-AbCdEf", "clickit/prod/other-XyZ"),
        ("api", "secret JWT", NONE, "clickit/prod/jwt-secret-key-GhIjKl"),
    ]


def test_a_container_that_came_or_went_is_one_difference() -> None:
    sidecar = container(name="proxy", image="repo/proxy:v3")
    assert rows(definition(), definition(container(), sidecar)) == [("proxy", "container", NONE, "repo/proxy:v3")]
    assert rows(definition(container(), sidecar), definition()) == [("proxy", "container", "repo/proxy:v3", NONE)]


def test_in_short_names_the_fields_and_counts_the_rest() -> None:
    new = definition(container(image="repo/api:v2", environment=(("LOG_LEVEL", "debug"),), secrets=()), cpu="512", memory="1024")
    assert in_short(differences(definition(), new)) == "cpu, memory, image, LOG_LEVEL and 3 more"
