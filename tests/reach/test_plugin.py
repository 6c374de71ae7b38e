"""How session-manager-plugin is called: nothing secret on its command line, and what it is told by its environment."""

import json
import stat

from clickit_tui.aws.written import granted
from clickit_tui.plan import Hidden, Opening
from clickit_tui.reach.plugin import RESPONSE, Keys, free_ports, invocation, survey, variables
from tests import worlds

OPENING = Opening(kind="shell", name="api/8f3a api", target="ecs:c_t_r", part="api", task="arn")
ECS = {"session": {"sessionId": "s-1", "tokenValue": "TOKEN", "streamUrl": "wss://x"}, "taskArn": "t"}
SSM = {"SessionId": "s-1", "TokenValue": "TOKEN", "StreamUrl": "wss://x", "ResponseMetadata": {}}


def test_both_calls_grant_the_same_session():
    assert granted(ECS).reveal() == granted(SSM).reveal() == json.dumps({"SessionId": "s-1", "TokenValue": "TOKEN", "StreamUrl": "wss://x"})


def test_an_answer_without_a_session_grants_none():
    assert granted({}) is None
    assert granted({"session": {"sessionId": "s-1"}}) is None
    assert granted({"session": {"sessionId": 1, "tokenValue": "T", "streamUrl": "u"}}) is None


def test_a_profile_is_named_and_nothing_exported():
    keys = Keys(region="eu-west-1", endpoint="https://ssm.eu-west-1.amazonaws.com", profile="prod")
    call = invocation(worlds.MACHINE, keys, granted(ECS), OPENING, {"PATH": "/bin"})
    assert call.argv == (
        worlds.MACHINE.plugin, RESPONSE, "eu-west-1", "StartSession", "prod", '{"Target": "ecs:c_t_r"}', "https://ssm.eu-west-1.amazonaws.com",
    )  # fmt: skip
    assert set(variables(call)) == {"PATH", RESPONSE}
    assert json.loads(variables(call)[RESPONSE])["TokenValue"] == "TOKEN"
    assert "TOKEN" not in repr(call)


def test_credentials_without_a_profile_are_exported():
    keys = Keys(region="eu-west-1", exported={"AWS_SECRET_ACCESS_KEY": Hidden("s3cret"), "AWS_REGION": Hidden("eu-west-1")})
    call = invocation(worlds.MACHINE, keys, granted(ECS), OPENING, {})
    assert variables(call)["AWS_SECRET_ACCESS_KEY"] == "s3cret"
    assert "s3cret" not in repr(call) + repr(keys) + "".join(call.argv)


async def test_a_plugin_is_found_by_its_path_with_its_version(tmp_path):
    plugin = tmp_path / "plugin"
    plugin.write_text("#!/bin/sh\necho 1.2.896.0\n")
    assert (await survey(str(plugin), "exported")).plugin == ""
    plugin.chmod(stat.S_IRWXU)
    found = await survey(str(plugin), "exported")
    assert (found.plugin, found.version, found.looked) == (str(plugin), "1.2.896.0", True)
    plugin.write_text("#!/bin/sh\necho something else\n")
    assert (await survey(str(plugin), "")).version == ""


def test_a_taken_port_is_not_offered():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = free_ports((port,))
        assert port not in found
        assert len(found) == 1
