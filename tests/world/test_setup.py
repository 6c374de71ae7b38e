"""A machine that is not set up is told apart from an account that says no."""

import msgspec
import pytest
from botocore.exceptions import NoCredentialsError, NoRegionError, ProfileNotFound, UnauthorizedSSOTokenError

from clickit_tui.aws.errors import fault_of
from clickit_tui.world.seen import Fault, Seen, Trouble
from clickit_tui.world.setup import is_missing, missing, told
from tests import worlds

NOW = worlds.NOW
CREDENTIALS = fault_of(NoCredentialsError(), "sts", "GetCallerIdentity")
REGION = fault_of(NoRegionError(), "ecs", "DescribeClusters")


def failed(fault):
    return Seen(fault=fault, fault_at=NOW)


def world(**fields):
    return msgspec.structs.replace(worlds.loading_world(), **fields)


@pytest.mark.parametrize(
    ("error", "is_so"),
    [(NoCredentialsError(), True), (NoRegionError(), True), (ProfileNotFound(profile="p"), True), (UnauthorizedSSOTokenError(), False)],
)
def test_what_the_sdk_says_of_an_empty_machine_is_known(error, is_so):
    assert is_missing(fault_of(error, "sts", "GetCallerIdentity", "p")) is is_so


def test_each_thing_is_told_once_when_both_were_tried():
    assert missing(world()) == ()
    assert missing(world(identity=failed(CREDENTIALS))) == ()
    assert missing(world(identity=failed(CREDENTIALS), cluster=failed(REGION))) == (CREDENTIALS, REGION)
    assert missing(world(identity=failed(CREDENTIALS), cluster=failed(CREDENTIALS))) == (CREDENTIALS,)


def test_nothing_is_missing_once_anything_was_read_or_when_aws_said_no():
    there = worlds.healthy_world(NOW)
    denied = Fault(kind=Trouble.DENIED, sentence="no permission: ecs:DescribeClusters")
    assert missing(there) == ()
    assert missing(msgspec.structs.replace(there, identity=failed(CREDENTIALS))) == ()
    assert missing(world(identity=there.identity, cluster=failed(denied))) == ()
    assert missing(world(identity=there.identity, cluster=failed(REGION))) == (REGION,)


def test_one_sentence_names_doctor_and_the_demo():
    assert told((CREDENTIALS, REGION), "qa") == (
        "no AWS credentials found and no region is configured: --profile and --region name one; "
        "`clickit-tui doctor --env qa` tells where it is looked for, `clickit-tui demo` needs no AWS"
    )
