"""`metrics` and `alarms` against the embedded ClickIt over HTTP: every metric as AWS publishes it, and no number that was not read."""

import io
import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from clickit_tui.aws.catalogue import measures
from clickit_tui.aws.cloudwatch import data_query, read_points
from clickit_tui.cli import main
from clickit_tui.config import Flags, load
from clickit_tui.headless.alarms import Alarms, alarms
from clickit_tui.headless.metrics import Metrics, metrics
from clickit_tui.session import Session

pytestmark = pytest.mark.xdist_group("demo")

QUIET = {
    "edge.target_5xx", "edge.elb_5xx", "edge.elb_502", "edge.elb_503", "edge.elb_504", "edge.rejected", "edge.target_connection_errors",
}  # fmt: skip
"""Published only when something happens, and nothing does."""
UNITS = {"%": "Percent", "s": "Seconds", "B": "Bytes", "B/s": "Bytes/Second", "/s": "Count/Second", "": "Count"}


def config(tmp_path, env="dev", **flags):
    return load(Flags(env=env, config="/dev/null", **flags), {}, state_dir=str(tmp_path))


def asked(command, configured, **options):
    out = io.StringIO()
    return command(configured, out=out, **options), out.getvalue()


async def known(tmp_path, env):
    """A session that has read what says which metrics there are."""
    session = Session(config(tmp_path, env))
    fields = frozenset({"identity", "cluster", "services", "target_groups", "database", "cache", "nat"})
    await session.start()
    session.store.subscribe(fields, lambda *_: None)
    await session.poller.tried(fields)
    return session


async def test_every_metric_exists_with_its_namespace_dimensions_statistic_and_unit(demo, aws, tmp_path):
    session = await known(tmp_path, "prod")
    try:
        every = measures(session.store.world, session.config.names)
        end = session.clock() // 60 * 60 - 300
        found = await read_points(session.gateway, every, end - 3600, end)
        empty = {each.key for each in every if any(not found[query][0] for query in each.queries)}
        assert {status for _, status in found.values()} == {"Complete"}
        assert empty <= QUIET | {f"{part}.{suffix}" for part in ("nat",) for suffix in ("port_errors", "drops")}
        assert len(every) - len(empty) >= 50
        async with aws("cloudwatch") as cloudwatch:
            for each in every:
                if each.key in empty or each.key.endswith(".running"):
                    continue
                query = each.first
                plain = query.statistic in ("Average", "Sum", "Minimum", "Maximum", "SampleCount")
                asked_for = {"Statistics": [query.statistic]} if plain else {"ExtendedStatistics": [query.statistic]}
                answer = await cloudwatch.get_metric_statistics(
                    Namespace=query.namespace,
                    MetricName=query.name,
                    Dimensions=[{"Name": name, "Value": value} for name, value in query.dimensions],
                    StartTime=datetime.fromtimestamp(end - 3600, UTC),
                    EndTime=datetime.fromtimestamp(end, UTC),
                    Period=query.period_s,
                    **asked_for,
                )
                assert {point["Unit"] for point in answer["Datapoints"]} == {UNITS[each.unit]}, each.key
    finally:
        await session.stop()


async def test_wrong_dimensions_answer_complete_and_empty_so_each_of_ours_must_be_right(demo, aws, tmp_path):
    session = await known(tmp_path, "prod")
    try:
        every = [each for each in measures(session.store.world, session.config.names) if each.key not in QUIET]
        wrong = [msgspec.structs.replace(each.first, dimensions=each.first.dimensions[:-1]) for each in every]
        end = datetime.fromtimestamp(session.clock() // 60 * 60 - 300, UTC)
        async with aws("cloudwatch") as cloudwatch:
            answer = await cloudwatch.get_metric_data(
                MetricDataQueries=[data_query(f"q{i}", query) for i, query in enumerate(wrong)],
                StartTime=end - timedelta(hours=1),
                EndTime=end,
            )
        by_id = {each["Id"]: each for each in answer["MetricDataResults"]}
        assert {each["StatusCode"] for each in by_id.values()} == {"Complete"}
        single = [i for i, each in enumerate(every) if each.first.namespace in ("AWS/ECS", "AWS/RDS", "AWS/NATGateway")]
        assert all(by_id[f"q{i}"]["Values"] == [] for i in single)
    finally:
        await session.stop()


def test_metrics_as_json_tell_points_from_gaps_and_provisional_from_closed(demo, tmp_path):
    code, text = asked(metrics, config(tmp_path), form="json")
    found = msgspec.json.decode(text, type=Metrics)
    by_key = {each.key: each for each in found.metrics}
    assert code == 0
    assert found.account == f"NOT AWS 127.0.0.1:{demo.port}"
    assert by_key["api.cpu"].name == "CPUUtilization"
    assert len(by_key["api.cpu"].points) == 60
    assert by_key["edge.target_5xx"].points[10].value == 0.0
    assert by_key["edge.error_rate"].unit == "%"
    assert by_key["edge.p95"].average is None
    assert {point.sure for point in by_key["api.cpu"].points[-2:]} <= {"provisional", "closed"}
    assert all(value is None or value == value for each in found.metrics for value in (each.minimum, each.maximum))


def test_metrics_as_table_and_csv_over_a_long_range(demo, tmp_path):
    code, text = asked(metrics, config(tmp_path), within="12h")
    assert code == 0
    assert "api.cpu" in text
    assert "Average 300 s" in text
    code, text = asked(metrics, config(tmp_path), within="15m", form="csv")
    head, *lines = text.splitlines()
    assert head == "key,time,value,unit,statistic,period_s,sure"
    assert all(line.count(",") == 6 for line in lines)
    assert code == 0


def test_an_unknown_range_and_an_unknown_environment_are_refused(demo, tmp_path, capsys):
    assert metrics(config(tmp_path), within="2h") == 4
    assert main(["metrics", "--config", "/dev/null"]) == 4
    assert "never guesses the environment" in capsys.readouterr().err


def test_alarms_as_json_and_for_people(demo, tmp_path):
    code, text = asked(alarms, config(tmp_path, "prod"), as_json=True)
    found = msgspec.json.decode(text, type=Alarms)
    assert code == 0
    assert found.missing == ()
    own = [each for each in found.alarms if not each.scaling]
    assert {each.state for each in own} == {"OK"}
    assert all(each.turns_at and each.missing_data and each.actions for each in found.alarms)
    assert all(each.history is not None for each in found.alarms)
    code, text = asked(alarms, config(tmp_path, "prod"))
    assert own[0].name in text
    assert json.loads(asked(alarms, config(tmp_path, "dev"), as_json=True)[1])["missing"] is None
