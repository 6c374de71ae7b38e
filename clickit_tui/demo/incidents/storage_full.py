"""The database has no storage left."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="storage-full",
    env="prod",
    page="The alarm clickit-prod-alb-5xx has fired.",
    timeline=(Beat(300, "an import writes into storage that was nearly full", causes.fill_storage(4.0, 0.5, 8.0)),),
    answer=Answer(
        playbook="database",
        cause="database.storage_full",
        evidence=(
            "DescribeDBInstances: storage-full",
            "CloudWatch FreeStorageSpace falls to 0",
            "RDS events: Allocated storage has been exhausted",
            "logs of api: No space left on device",
        ),
        fix="Grow the allocated storage by more than the import still writes, and apply it at once.",
    ),
)
