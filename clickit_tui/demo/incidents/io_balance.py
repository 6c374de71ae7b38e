"""The instance has used up its I/O burst."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="io-balance",
    env="prod",
    page="Customers say that the links page is slow.",
    timeline=(
        Beat(0, "the night has left little of the burst", causes.database(io_balance=35.0)),
        Beat(300, "a report reads whole tables", causes.database(extra_iops=11_000.0)),
    ),
    answer=Answer(
        playbook="database",
        cause="database.io_burst",
        evidence=(
            "CloudWatch EBSIOBalance% falls to 0",
            "ReadIOPS fall to the baseline of the class while DiskQueueDepth and ReadLatency rise",
            "pi GetResourceMetrics by db.wait_event: IO:DataFileRead leads; RDS CPU is not high",
        ),
        fix="Stop the report; a larger class if it is needed.",
    ),
)
