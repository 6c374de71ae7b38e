"""The private subnets have no address left for another task."""

from __future__ import annotations

from clickit_tui.demo.incidents import causes
from clickit_tui.demo.incidents.plot import Answer, Beat, Incident

INCIDENT = Incident(
    name="subnet-full",
    env="prod",
    page="Somebody says that api has fewer tasks than it should, or that they come and go.",
    timeline=(
        Beat(300, "another team's workload takes the addresses", causes.take_addresses(0)),
        Beat(600, "a colleague stops a task", causes.stop_one("api", "looks stuck")),
    ),
    answer=Answer(
        playbook="start",
        cause="network.addresses",
        evidence=(
            "stopped tasks: InsufficientFreeAddressesInSubnet",
            "DescribeSubnets: AvailableIpAddressCount 0",
            "the image, the secrets and the log group exist",
        ),
        fix="Free addresses or add a subnet.",
    ),
)
