"""A command to copy says where it acts."""

import msgspec

from clickit_tui.checks.registry import Facts, Todo, placed
from clickit_tui.config import Thresholds
from clickit_tui.playbooks.diagnosis import diagnose
from clickit_tui.world.seen import Seen
from tests import worlds

WRITES = Todo(words="start", command="aws rds start-db-instance --db-instance-identifier clickit-prod-db")


def test_an_aws_command_carries_profile_and_region_once() -> None:
    world = worlds.healthy_world()
    once = placed(world, (WRITES,))
    assert once[0].command == f"{WRITES.command} --profile clickit --region {worlds.REGION}"
    assert placed(world, once) == once
    identity = msgspec.structs.replace(world.identity.value, profile="on call")
    named = msgspec.structs.replace(world, identity=msgspec.structs.replace(world.identity, value=identity))
    assert placed(named, (WRITES,))[0].command == f"{WRITES.command} --profile 'on call' --region {worlds.REGION}"
    assert placed(named, placed(named, once)) == placed(named, once)
    others = (Todo(words="go", screen="3"), Todo(words="ask", command="psql"))
    assert placed(world, others) == others
    assert placed(msgspec.structs.replace(world, identity=Seen()), (WRITES,)) == (WRITES,)


def test_so_do_the_commands_of_causes() -> None:
    calm = worlds.healthy_world()
    closed = msgspec.structs.replace(calm, rules=worlds.seen((), worlds.NOW, "rules"))
    first = diagnose(closed, Facts(now=worlds.NOW, names=worlds.NAMES, thresholds=Thresholds())).first
    assert first is not None
    assert first.todo[0].command.endswith(f" --region {worlds.REGION}")
