"""What can be seen of the embedded ClickIt through AWS's API: the questions that the incidents' tests ask.

The same questions are asked over HTTP with a plain aiobotocore client and, in process, of the table of operations.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Ask = Callable[..., Awaitable[dict[str, Any]]]
"""(service, operation, **parameters) -> answer; raises what the backend raises."""


@dataclass
class Look:
    """One look at one environment; answers are kept, so that many questions cost few calls."""

    ask: Ask
    env: str
    now: float
    window_s: float = 1500.0
    refused: type[Exception] = Exception
    _kept: dict[str, Any] = field(default_factory=dict)

    async def once(self, service: str, operation: str, /, **params: Any) -> dict[str, Any]:
        """The answer to a call, asked once."""
        key = f"{service}.{operation}.{params}"
        if key not in self._kept:
            self._kept[key] = await self.ask(service, operation, **params)
        return self._kept[key]

    @property
    def cluster(self) -> str:
        return f"clickit-{self.env}-cluster"

    async def service(self, part: str = "api") -> dict[str, Any]:
        found = await self.once("ecs", "DescribeServices", cluster=self.cluster, services=[f"clickit-{self.env}-{part}"])
        return dict(found["services"][0])

    async def deployments(self) -> list[dict[str, Any]]:
        """Service deployments of the window, newest first."""
        found = await self.once("ecs", "ListServiceDeployments", cluster=self.cluster, service=f"clickit-{self.env}-api")
        recent = [each["serviceDeploymentArn"] for each in found["serviceDeployments"] if self._recent(each["createdAt"])]
        if not recent:
            return []
        shown = await self.once("ecs", "DescribeServiceDeployments", serviceDeploymentArns=recent)
        return list(shown["serviceDeployments"])

    def _recent(self, at: datetime | float) -> bool:
        return (at.timestamp() if isinstance(at, datetime) else at) > self.now - self.window_s - 5

    async def definition(self) -> dict[str, Any]:
        """The container of the newest deployment's task definition."""
        service = await self.service()
        found = await self.once("ecs", "DescribeTaskDefinition", taskDefinition=service["taskDefinition"])
        return dict(found["taskDefinition"]["containerDefinitions"][0])

    async def stopped(self) -> list[dict[str, Any]]:
        """The api's stopped tasks."""
        name = f"clickit-{self.env}-api"
        arns: list[str] = []
        token: dict[str, str] = {}
        while True:
            found = await self.once("ecs", "ListTasks", cluster=self.cluster, serviceName=name, desiredStatus="STOPPED", **token)
            arns += found["taskArns"]
            if not found.get("nextToken"):
                break
            token = {"nextToken": found["nextToken"]}
        if not arns:
            return []
        return list((await self.once("ecs", "DescribeTasks", cluster=self.cluster, tasks=arns[:100]))["tasks"])

    async def alarms(self) -> dict[str, str]:
        """State of ClickIt's own alarms of this environment."""
        found = await self.once("cloudwatch", "DescribeAlarms", AlarmNamePrefix=f"clickit-{self.env}-")
        return {each["AlarmName"].removeprefix(f"clickit-{self.env}-"): each["StateValue"] for each in found["MetricAlarms"]}

    async def metric(self, namespace: str, name: str, stat: str, **dims: str) -> list[float]:
        """A metric's points of the window, a minute each (five for credits), oldest first."""
        period = 300 if "Credit" in name else 60
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": key, "Value": value} for key, value in dims.items()]}
        end = self.now // period * period
        found = await self.once(
            "cloudwatch",
            "GetMetricData",
            MetricDataQueries=[{"Id": "q", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}],
            StartTime=datetime.fromtimestamp(end - self.window_s, UTC),
            EndTime=datetime.fromtimestamp(end, UTC),
            ScanBy="TimestampAscending",
        )
        return list(found["MetricDataResults"][0]["Values"])

    async def balancer(self, name: str, stat: str = "Sum") -> list[float]:
        found = await self.once("elbv2", "DescribeLoadBalancers", Names=[f"clickit-{self.env}-alb"])
        dimension = found["LoadBalancers"][0]["LoadBalancerArn"].partition("loadbalancer/")[2]
        return await self.metric("AWS/ApplicationELB", name, stat, LoadBalancer=dimension)

    async def rds(self, name: str, stat: str = "Average") -> list[float]:
        return await self.metric("AWS/RDS", name, stat, DBInstanceIdentifier=f"clickit-{self.env}-db")

    async def redis(self, name: str, stat: str = "Average") -> list[float]:
        return await self.metric("AWS/ElastiCache", name, stat, CacheClusterId=f"clickit-{self.env}-redis-001")

    async def ecs(self, name: str, stat: str = "Average") -> list[float]:
        return await self.metric("AWS/ECS", name, stat, ClusterName=self.cluster, ServiceName=f"clickit-{self.env}-api")

    async def nat(self, name: str) -> list[float]:
        found = await self.once("ec2", "DescribeNatGateways")
        vpc = (await self.once("elbv2", "DescribeLoadBalancers", Names=[f"clickit-{self.env}-alb"]))["LoadBalancers"][0]["VpcId"]
        own = [each["NatGatewayId"] for each in found["NatGateways"] if each["VpcId"] == vpc]
        return await self.metric("AWS/NATGateway", name, "Sum", NatGatewayId=own[0])

    async def lines(self, pattern: str = "", part: str = "api", *, after_s: float = 0.0) -> int:
        """How many lines the part wrote in the window's last `window_s - after_s` seconds that a filter pattern selects."""
        params: dict[str, Any] = {
            "logGroupName": f"/ecs/clickit-{self.env}-{part}",
            "startTime": int((self.now - self.window_s + after_s) * 1000),
        }
        params |= {"filterPattern": pattern} if pattern else {}
        count = 0
        while True:
            found = await self.once("logs", "FilterLogEvents", **params)
            count += len(found["events"])
            if not found.get("nextToken"):
                return count
            params["nextToken"] = found["nextToken"]

    async def database(self) -> dict[str, Any]:
        found = await self.once("rds", "DescribeDBInstances", DBInstanceIdentifier=f"clickit-{self.env}-db")
        return dict(found["DBInstances"][0])

    async def rds_events(self) -> list[str]:
        found = await self.once("rds", "DescribeEvents", SourceIdentifier=f"clickit-{self.env}-db", SourceType="db-instance", Duration=60)
        return [each["Message"] for each in found["Events"]]

    async def is_refused(self, service: str, operation: str, /, **params: Any) -> str:
        """The error that a call answers with; empty when it answers."""
        try:
            await self.ask(service, operation, **params)
        except self.refused as error:
            return str(error)
        return ""
