"""What Performance Insights saw, as lines: the most load first, and why a part of it cannot be told."""

import msgspec

from clickit_tui.aws.dbload import database_load
from clickit_tui.world.parts import Database
from clickit_tui.world.seen import Failed, Fault, Seen, Trouble
from clickit_tui.world.world import World
from tests import worlds

DATABASE = Database(id="db", resource_id="db-ABC", insights=True)


class Insights:
    """Answers by group; a group without an answer is denied."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    async def read(self, service, operation, /, **params):
        group = params["MetricQueries"][0]["GroupBy"]["Group"]
        self.asked.append((service, operation, group))
        if group.replace(".", "_") not in self.answers:
            raise Failed(Fault(kind=Trouble.DENIED, sentence="no permission: pi:GetResourceMetrics"))
        return {"MetricList": self.answers[group.replace(".", "_")]}


def metric(dimensions, *values):
    return {"Key": {"Metric": "db.load.avg", "Dimensions": dimensions}, "DataPoints": [{"Timestamp": 1, "Value": v} for v in values]}


def world(database):
    return World(env="prod", database=Seen(value=database, seen_at=worlds.NOW))


async def test_the_most_load_comes_first_and_what_is_denied_is_said():
    waits = [{"Key": {"Metric": "db.load.avg"}, "DataPoints": []}, metric({"db.wait_event.name": "CPU"}, 0.5, 1.5)]
    waits.append(metric({"db.wait_event.name": "Lock:relation"}, 3.0, None, 4.0))
    lines = await database_load(Insights(db_wait_event=waits, db_host=[]), world(DATABASE), worlds.NOW)
    assert lines[1:3] == ["waits for    3.50  Lock:relation", "waits for    1.00  CPU"]
    assert "client     no data" in lines
    assert "statement: no permission: pi:GetResourceMetrics" in lines


async def test_without_the_database_or_with_insights_off_nothing_is_asked():
    gateway = Insights()
    assert "was not read" in (await database_load(gateway, world(None), worlds.NOW))[0]
    off = msgspec.structs.replace(DATABASE, insights=False)
    assert "switched off" in (await database_load(gateway, world(off), worlds.NOW))[0]
    assert gateway.asked == []
