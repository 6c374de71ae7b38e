"""Calls as data: their command lines, their secrets, their tokens."""

import shlex
import subprocess
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name
from hypothesis import given, settings
from hypothesis import strategies as st

from clickit_tui.plan import Call, Hidden, Plan, Step, _kebab, as_cli
from clickit_tui.ui.preview import Preview

CALL = Call("ecs", "UpdateService", {"cluster": "c", "service": "s", "desiredCount": 5})


def test_a_call_is_one_aws_command_line():
    assert as_cli(CALL) == "aws ecs update-service --cluster c --service s --desired-count 5"
    assert as_cli(CALL, "prod", "eu-west-1").endswith("--desired-count 5 --profile prod --region eu-west-1")
    force = Call("ecs", "UpdateService", {"forceNewDeployment": True, "enableExecuteCommand": False})
    assert as_cli(force) == "aws ecs update-service --force-new-deployment --no-enable-execute-command"
    assert CALL.action == "ecs:UpdateService"


@settings(deadline=None, derandomize=True)
@given(st.text(min_size=1))
def test_a_value_is_one_word_to_the_shell(text):
    words = shlex.split(as_cli(Call("ecs", "StopTask", {"task": text})))
    assert words == ["aws", "ecs", "stop-task", "--task", text]


@pytest.mark.parametrize("service", ["ecs", "rds", "elbv2", "logs", "secretsmanager", "application-autoscaling"])
def test_options_are_spelt_as_the_aws_command_spells_them(service):
    model = botocore.session.Session().get_service_model(service)
    for name in model.operation_names:
        assert _kebab(name) == xform_name(name, "-")
        shape = model.operation_model(name).input_shape
        for member in shape.members if shape is not None else ():
            assert _kebab(member) == xform_name(member, "-")


@pytest.mark.parametrize("wrap", [lambda h: h, lambda h: [h], lambda h: {"k": h}, lambda h: [{"k": h}]])
def test_a_secret_never_prints(wrap):
    secret = Hidden("hunter2")
    line = as_cli(Call("secretsmanager", "PutSecretValue", {"SecretString": wrap(secret)}))
    assert "hunter2" not in line
    assert "***" in line
    assert "hunter2" not in f"{secret} {secret!r} {wrap(secret)!r} {CALL!r}"
    assert (secret.reveal(), secret == Hidden("hunter2"), secret == "hunter2") == ("hunter2", True, False)


def test_a_copied_line_with_a_secret_writes_nothing():
    line = as_cli(Call("secretsmanager", "PutSecretValue", {"SecretId": "x", "SecretString": Hidden("hunter2")}))
    value = shlex.split(line)[6]
    assert value.startswith("file://")
    assert not Path(value.removeprefix("file://")).exists()


def test_copied_steps_stop_at_the_first_that_fails(tmp_path):
    stub = tmp_path / "aws"
    stub.write_text('#!/bin/sh\necho "$2" >> "$0.log"\ntest "$2" != tag-resource\n')
    stub.chmod(0o755)
    preview = Preview(title="t", badge="b", commands=("aws ecs update-service", "aws ecs tag-resource", "aws rds stop-db-instance"))
    assert subprocess.run(["/bin/sh", "-c", preview.copied], env={"PATH": f"{tmp_path}:/bin:/usr/bin"}, check=False).returncode == 1
    assert (tmp_path / "aws.log").read_text().split() == ["update-service", "tag-resource"]


def test_a_plan_names_its_token_and_its_commands():
    plan = Plan(action="scale", title="t", env="prod", target="api", steps=(Step(call=CALL),), effect=())
    assert plan.token == "prod/api"
    assert plan.commands("p") == (as_cli(CALL, "p"),)
