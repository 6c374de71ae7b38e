"""How listed reads are tried: each in one way or not at all, for a reason, and what an outcome proves."""

import asyncio

import pytest

from clickit_tui.aws.probes import ENVIRONMENT, NOT_TRIED, PROBES, Known, Probe, Told, Tried, Untried, judged, prepared, try_all
from clickit_tui.aws.reads import READS, permission
from clickit_tui.checks.registry import Verdict
from clickit_tui.naming import names
from clickit_tui.world.seen import Fault, Trouble

LISTED = {permission(*read) for read in READS}


def test_each_listed_read_has_one_way_to_try_it_or_a_reason_not_to():
    ways = [*(permission(each.service, each.operation) for each in PROBES), *NOT_TRIED]
    assert sorted(ways) == sorted(LISTED)


def test_each_probe_comes_after_the_answers_it_needs():
    round_of = {permission(each.service, each.operation): each.round for each in PROBES}

    def needs(value):
        if isinstance(value, Told):
            yield value.permission
        elif isinstance(value, dict):
            for item in value.values():
                yield from needs(item)
        elif isinstance(value, list):
            for item in value:
                yield from needs(item)

    for each in PROBES:
        for name in needs(dict(each.params)):
            assert round_of[name] < each.round, (each.operation, name)


class Answering:
    """A gateway whose every answer is empty, except those that are given."""

    def __init__(self, **given):
        self.given, self.asked = given, []

    async def read(self, service, operation, /, **params):
        self.asked.append(operation)
        return self.given.get(operation, {})


async def test_without_an_environment_what_needs_a_name_is_not_tried():
    gateway = Answering()
    found = {each.permission: each for each in await try_all(gateway, names(""), 0.0, 30.0)}
    assert found["ecs:ListClusters"].verdict is Verdict.PASS
    for name in (
        "ecs:DescribeServices",
        "elasticloadbalancing:DescribeTargetHealth",
        "logs:FilterLogEvents",
        "secretsmanager:DescribeSecret",
    ):
        assert (found[name].verdict, found[name].sentence) == (Verdict.NONE, ENVIRONMENT)
    assert "DescribeServices" not in gateway.asked


async def test_a_read_that_hangs_costs_only_itself_and_what_needs_it():
    class Hanging(Answering):
        async def read(self, service, operation, /, **params):
            if operation == "DescribeServices":
                await asyncio.Event().wait()
            return await super().read(service, operation, **params)

    found = {each.permission: each for each in await try_all(Hanging(), names("dev"), 0.0, 30.0, each_s=0.1)}
    assert (found["ecs:DescribeServices"].verdict, found["ecs:DescribeServices"].sentence) == (Verdict.UNKNOWN, "no answer in time")
    assert found["elasticloadbalancing:DescribeTargetGroups"].verdict is Verdict.UNKNOWN
    assert found["ecs:ListClusters"].verdict is Verdict.PASS
    assert found["ecs:DescribeTasks"].verdict is Verdict.NONE, "later rounds are tried all the same"


ASKED = Probe("x", "Second", 2, {"Id": Told("x:First", ("Items", "*", "Id"))})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Known({"x:First": {"Items": [{}, {"Id": "b"}]}}, {}), {"Id": "b"}),
        (Known({"x:First": {"Items": []}}, {}), Verdict.NONE),
        (Known({"x:First": {"Items": None}}, {}), Verdict.NONE),
        (Known({"x:First": {"Items": "odd"}}, {}), Verdict.NONE),
        (Known({}, {"x:First": Tried("x:First", Verdict.FAIL, "denied")}), Verdict.UNKNOWN),
        (Known({}, {"x:First": Tried("x:First", Verdict.NONE, "needs a name")}), Verdict.NONE),
    ],
)
def test_what_an_earlier_answer_lacks_is_no_parameter(known, expected):
    if isinstance(expected, dict):
        assert prepared(ASKED, names("dev"), known, 0.0) == expected
        return
    with pytest.raises(Untried) as untried:
        prepared(ASKED, names("dev"), known, 0.0)
    assert untried.value.verdict is expected


@pytest.mark.parametrize(
    ("kind", "code", "verdict"),
    [
        (Trouble.DENIED, "AccessDenied", Verdict.FAIL),
        (Trouble.MISSING, "DBInstanceNotFound", Verdict.UNKNOWN),
        (Trouble.MISSING, "ScanNotFoundException", Verdict.PASS),
        (Trouble.THROTTLED, "Throttling", Verdict.UNKNOWN),
        (Trouble.UNSERVED, "501", Verdict.UNKNOWN),
        (Trouble.INVALID, "ValidationError", Verdict.UNKNOWN),
        (Trouble.GARBLED, "", Verdict.UNKNOWN),
    ],
)
def test_only_a_denial_is_a_denial_and_only_an_answer_is_leave(kind, code, verdict):
    probe = Probe("ecr", "DescribeImageScanFindings", allowed_by=frozenset({"ScanNotFoundException"}))
    assert judged(probe, Fault(kind=kind, sentence="so", code=code)).verdict is verdict
