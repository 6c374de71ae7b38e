"""The guard against every operation of the SDK's models, and against every way around it; what leaves is counted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiobotocore.session
import pytest
from aiobotocore.config import AioConfig
from botocore import UNSIGNED, xform_name

from clickit_tui.aws.gateway import Gateway
from clickit_tui.aws.guard import SERVICE_IDS, Guard, Refusal
from clickit_tui.aws.reads import CREDENTIAL_CALLS, READS
from clickit_tui.config import Config
from clickit_tui.naming import names
from clickit_tui.plan import Call, Hidden
from clickit_tui.world.seen import Failed, Trouble
from tests.aws.endpoint import ASSUMED, Endpoint, as_json, as_xml

SERVICES = sorted({service for service, _ in READS | CREDENTIAL_CALLS})
SCALE = Call("ecs", "UpdateService", {"cluster": "c", "service": "s", "desiredCount": 3})
WRITE = dict(SCALE.params)


def config(**changes: Any) -> Config:
    return Config(env="dev", names=names("dev"), **changes)


@pytest.fixture
async def gateway(aws: Endpoint) -> AsyncIterator[Gateway]:
    made = Gateway(config())
    yield made
    await made.close()


@pytest.fixture
async def locked(aws: Endpoint) -> AsyncIterator[Gateway]:
    made = Gateway(config(read_only=True, read_only_source="--read-only"))
    yield made
    await made.close()


async def client(gateway: Gateway, service: str = "ecs", lane: str = "write") -> Any:
    """A client as anyone inside the process could get hold of one."""
    return await (await gateway._connect()).client(service, lane)


class Gate:
    """A session with only the guard on it, counting what would leave."""

    def __init__(self, locked: str) -> None:
        self.session = aiobotocore.session.AioSession()
        self.guard = Guard(locked)
        self.guard.register(self.session.register)
        self.session.register("before-send", self._leave)
        self.left: list[str] = []

    def _leave(self, event_name: str = "", **_: object) -> None:
        self.left.append(event_name)
        raise ConnectionError

    def client(self, service: str) -> Any:
        once = AioConfig(retries={"total_max_attempts": 1}, signature_version=UNSIGNED)
        return self.session.create_client(service, region_name="eu-west-1", config=once)


@pytest.mark.parametrize("locked", ["--read-only", ""])
@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_that_is_no_listed_read_is_refused_and_nothing_leaves(service: str, locked: str) -> None:
    gate = Gate(locked)
    refused = 0
    async with gate.client(service) as made:
        for operation in made.meta.service_model.operation_names:
            if (service, operation) in READS | CREDENTIAL_CALLS:
                continue
            with pytest.raises(Refusal) as raised:
                await getattr(made, xform_name(operation))()
            assert raised.value.fault.kind is Trouble.REFUSED
            refused += 1
    assert gate.left == []
    assert refused == len(set(made.meta.service_model.operation_names) - {op for s, op in READS | CREDENTIAL_CALLS if s == service})


@pytest.mark.parametrize("service", SERVICES)
async def test_a_request_that_skipped_the_first_hook_is_stopped_by_the_second(service: str) -> None:
    guard = Guard("--read-only")
    model = await aiobotocore.session.AioSession().get_service_model(service)
    for operation in set(model.operation_names) - {op for s, op in READS | CREDENTIAL_CALLS if s == service}:
        with pytest.raises(Refusal):
            guard._before_call(model=model.operation_model(operation), params={}, context={})


async def test_route_1_the_direct_method_is_refused(gateway: Gateway, aws: Endpoint) -> None:
    with pytest.raises(Refusal):
        await (await client(gateway)).update_service(**WRITE)
    assert aws.arrived == []


async def test_route_2_the_generic_call_is_refused(gateway: Gateway, aws: Endpoint) -> None:
    with pytest.raises(Refusal):
        await (await client(gateway))._make_api_call("UpdateService", WRITE)
    assert aws.arrived == []


async def test_route_3_a_paginator_is_refused(gateway: Gateway, aws: Endpoint) -> None:
    pages = (await client(gateway, "ecs")).get_paginator("list_container_instances").paginate(cluster="c")
    with pytest.raises(Refusal):
        async for _ in pages:
            pass
    assert aws.arrived == []


async def test_route_4_another_client_of_the_session_is_refused(gateway: Gateway, aws: Endpoint) -> None:
    session = (await gateway._connect()).session
    async with session.create_client("secretsmanager", region_name="us-east-1") as other:
        with pytest.raises(Refusal):
            await other.get_secret_value(SecretId="clickit/dev/jwt-secret-key")
    assert aws.arrived == []


@pytest.mark.parametrize("changed", [{"desiredCount": 4}, {"desiredCount": 3.0}, {"forceNewDeployment": True}, {"service": "other"}])
async def test_route_5_other_parameters_than_confirmed_are_refused(gateway: Gateway, aws: Endpoint, changed: Mapping[str, object]) -> None:
    made = await client(gateway)
    with gateway._guard.confirmed(SCALE), pytest.raises(Refusal):
        await made.update_service(**{**WRITE, **changed})
    assert aws.arrived == []


async def test_a_flag_is_not_mistaken_for_a_count(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    with gateway._guard.confirmed(Call("ecs", "UpdateService", {**WRITE, "desiredCount": 1})), pytest.raises(Refusal):
        await made.update_service(**{**WRITE, "desiredCount": True})
    assert aws.arrived == []


async def test_route_6_another_task_is_refused_even_one_begun_inside(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    with gateway._guard.confirmed(SCALE):
        with pytest.raises(Refusal):
            await asyncio.create_task(made.update_service(**WRITE))
        await made.update_service(**WRITE)
    assert aws.count("UpdateService") == 1


async def test_route_7_presigned_urls_are_refused_for_reads_and_writes(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway, "sts", "read")
    for method in ("get_caller_identity", "get_session_token"):
        with pytest.raises(Refusal):
            await made.generate_presigned_url(method)
    with pytest.raises(Refusal):
        await (await client(gateway, "rds")).generate_db_auth_token("host", 5432, "user")
    assert aws.arrived == []


async def made_request(made: Any, operation: str, params: Mapping[str, object]) -> Any:
    """Send a request past the hooks of the call, as the SDK's own last step does."""
    model = made.meta.service_model.operation_model(operation)
    context: dict[str, object] = {"client_region": "eu-west-1", "client_config": made.meta.config, "has_streaming_input": False}
    url = made.meta.endpoint_url
    request = await made._convert_to_request_dict(dict(params), model, endpoint_url=url, context=context)
    return await made._make_request(model, request, context)


async def test_route_8_a_request_made_past_the_call_is_refused(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    with pytest.raises(Refusal):
        await made_request(made, "UpdateService", WRITE)
    with gateway._guard.confirmed(SCALE) as permit, pytest.raises(Refusal):
        await made_request(made, "UpdateService", WRITE)
    assert (aws.arrived, permit.sent) == ([], False)
    await made_request(made, "ListClusters", {})
    assert aws.arrived == [("ListClusters", {})]


async def test_a_permit_that_was_used_lets_no_second_request_leave(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    with gateway._guard.confirmed(SCALE):
        await made.update_service(**WRITE)
        with pytest.raises(Refusal):
            await made_request(made, "UpdateService", {**WRITE, "desiredCount": 9})
    assert aws.count("UpdateService") == 1


@pytest.mark.parametrize("service", SERVICES)
async def test_the_events_call_services_as_the_guard_expects(service: str) -> None:
    model = await aiobotocore.session.AioSession().get_service_model(service)
    assert SERVICE_IDS.get(service, service) == model.service_id.hyphenize()


async def test_a_permit_is_for_one_request(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    with gateway._guard.confirmed(SCALE):
        await made.update_service(**WRITE)
        with pytest.raises(Refusal):
            await made.update_service(**WRITE)
    with pytest.raises(Refusal):
        await made.update_service(**WRITE)
    assert aws.count("UpdateService") == 1


async def test_two_tasks_cannot_use_each_others_permits(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    other = Call("ecs", "StopTask", {"cluster": "c", "task": "t"})
    both = asyncio.Barrier(2)

    async def cross(call: Call, wrong: Any) -> None:
        with gateway._guard.confirmed(call):
            await both.wait()
            with pytest.raises(Refusal):
                await wrong()
            await both.wait()

    await asyncio.gather(
        cross(SCALE, lambda: made.stop_task(**other.params)),
        cross(other, lambda: made.update_service(**WRITE)),
    )
    assert aws.arrived == []


async def test_locked_while_the_permit_is_bound_the_request_does_not_leave(gateway: Gateway, aws: Endpoint) -> None:
    made = await client(gateway)
    made.meta.events.register("before-parameter-build.ecs.UpdateService", lambda **_: gateway.lock(":lock"))
    with gateway._guard.confirmed(SCALE), pytest.raises(Refusal, match="read-only"):
        await made.update_service(**WRITE)
    assert aws.arrived == []


async def test_read_only_refuses_the_confirmed_call_itself(locked: Gateway, aws: Endpoint) -> None:
    with pytest.raises(Refusal, match="read-only"):
        await locked.execute(SCALE)
    made = await client(locked)
    with locked._guard.confirmed(SCALE) as permit, pytest.raises(Refusal, match="read-only"):
        await made.update_service(**WRITE)
    assert (aws.arrived, permit._spent) == ([], False)


async def test_locking_is_for_life(gateway: Gateway, aws: Endpoint) -> None:
    gateway.lock(":lock")
    with pytest.raises(Failed, match="read-only"):
        await gateway.execute(SCALE)
    with pytest.raises(AttributeError):
        gateway.read_only = False  # type: ignore[misc]
    gateway.lock("")
    assert (gateway.read_only, gateway.read_only_why) == (True, ":lock")
    assert not [name for name in dir(gateway) + dir(gateway._guard) if "unlock" in name]
    assert aws.arrived == []


async def test_masked_log_data_stays_masked(gateway: Gateway, aws: Endpoint) -> None:
    with pytest.raises(Failed, match="logs:Unmask"):
        await gateway.read("logs", "FilterLogEvents", logGroupName="g", unmask=True)
    assert aws.arrived == []


async def test_an_unlisted_read_is_refused_before_the_sdk(gateway: Gateway, aws: Endpoint) -> None:
    with pytest.raises(Refusal, match="secretsmanager:GetSecretValue"):
        await gateway.read("secretsmanager", "GetSecretValue", SecretId="x")
    with pytest.raises(Refusal):
        await gateway.credential_call("ecs", "UpdateService", "eu-west-1", **WRITE)
    assert aws.arrived == []


async def test_a_hidden_value_is_compared_and_sent_but_never_told(gateway: Gateway, aws: Endpoint) -> None:
    told = "Value at 'secretString' failed: hunter2-hunter2"
    aws.answers["PutSecretValue"] = lambda _: as_json({"__type": "InvalidParameterException", "message": told}, 400)
    call = Call(
        "secretsmanager", "PutSecretValue", {"SecretId": "s", "SecretString": Hidden("hunter2-hunter2"), "ClientRequestToken": "t" * 32}
    )
    with pytest.raises(Failed) as failed:
        await gateway.execute(call)
    assert aws.arrived[-1][1]["SecretString"] == "hunter2-hunter2"
    assert "hunter2" not in repr(failed.value.fault)


async def test_a_hidden_value_is_not_in_a_validation_error_or_its_traceback(gateway: Gateway) -> None:
    call = Call("secretsmanager", "PutSecretValue", {"SecretId": ["no string"], "SecretBinary": {"x": Hidden("hunter2")}})
    with pytest.raises(Failed) as failed:
        await gateway.execute(call)
    assert (failed.value.fault.kind, failed.value.__context__, failed.value.__cause__) == (Trouble.INVALID, None, None)
    assert "hunter2" not in repr(failed.value.fault)
    frames = failed.traceback
    assert not [name for frame in frames for name, value in frame.frame.f_locals.items() if "hunter2" in repr(value)]


async def test_an_assume_role_profile_works_in_read_only_mode(aws: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config"
    file.write_text(
        "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
        "[profile observer]\nrole_arn = arn:aws:iam::111122223333:role/Observer\nsource_profile = base\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    aws.answers["AssumeRole"] = lambda _: as_xml(ASSUMED)
    aws.answers["ListClusters"] = lambda _: as_json({"clusterArns": ["a"]})
    gateway = Gateway(config(read_only=True, profile="observer", profile_source="--profile"))
    assert await gateway.pages("ecs", "ListClusters", "clusterArns") == ["a"]
    assert [operation for operation, _ in aws.arrived] == ["AssumeRole", "ListClusters"]
    assert "ASIAROLE" in aws.authorizations[-1]
    with pytest.raises(Refusal):
        await gateway.execute(SCALE)
    await gateway.close()
