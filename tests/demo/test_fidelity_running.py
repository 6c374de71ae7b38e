"""Reads of what runs: services, tasks, load balancer, network: answered as AWS does."""

from __future__ import annotations

import pytest

from tests.demo.fidelity import API, CLUSTER, ECS_TOKENS, Aws, Matrix, Row

MATRIX = Matrix()
row = MATRIX.row


@row("ecs.ListClusters ecs.DescribeClusters", "ECS API reference, DescribeClusters: failures, and counts of running and pending tasks")
async def clusters_are_counted_and_unknown_ones_are_failures(aws: Aws) -> None:
    assert len((await aws.ask("ecs", "list_clusters"))["clusterArns"]) == 2
    found = await aws.ask("ecs", "describe_clusters", clusters=[CLUSTER, "nowhere"])
    cluster = found["clusters"][0]
    assert (cluster["runningTasksCount"], cluster["pendingTasksCount"], cluster["activeServicesCount"]) == (3, 0, 2)
    assert [each["reason"] for each in found["failures"]] == ["MISSING"]


@row("ecs.ListServices", "ECS API reference, ListServices: maxResults and nextToken")
async def services_come_in_pages(aws: Aws) -> None:
    first = await aws.ask("ecs", "list_services", cluster=CLUSTER, maxResults=1)
    assert len(first["serviceArns"]) == 1
    assert len(await aws.pages("ecs", "list_services", "serviceArns", ECS_TOKENS, cluster=CLUSTER, maxResults=1)) == 2


@row("ecs.ListServices", "ECS API reference, ListServices: ClusterNotFoundException")
async def an_unknown_cluster_is_an_error(aws: Aws) -> None:
    assert await aws.refused("ecs", "list_services", cluster="nowhere") == "ClusterNotFoundException"


@row("ecs.DescribeServices", "ECS API reference, Service: events (newest first), deployments[], deploymentCircuitBreaker")
async def services_have_events_deployments_and_their_breaker(aws: Aws) -> None:
    found = await aws.ask("ecs", "describe_services", cluster=CLUSTER, services=["clickit-dev-api", "none"], include=["TAGS"])
    service = found["services"][0]
    times = [each["createdAt"] for each in service["events"]]
    assert times == sorted(times, reverse=True)
    assert service["events"][0]["message"].endswith("has reached a steady state.")
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    primary = service["deployments"][0]
    assert (primary["status"], primary["rolloutState"], primary["failedTasks"]) == ("PRIMARY", "COMPLETED", 0)
    assert (primary["desiredCount"], primary["runningCount"], primary["pendingCount"]) == (2, 2, 0)
    assert found["failures"][0]["reason"] == "MISSING"


@row("ecs.DescribeServices", "ECS API reference, DescribeServices: up to 10 services in a single operation")
async def at_most_ten_services_are_described_at_once(aws: Aws) -> None:
    given = {"cluster": CLUSTER, "services": [f"s{at}" for at in range(11)]}
    assert await aws.refused("ecs", "describe_services", **given) == "InvalidParameterException"


@row("ecs.ListTasks", "ECS API reference, ListTasks: serviceName, family, desiredStatus (RUNNING when absent)")
async def tasks_are_listed_by_service_family_and_status(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        own = (await ecs.list_tasks(cluster=CLUSTER, serviceName="clickit-dev-api"))["taskArns"]
        family = (await ecs.list_tasks(cluster=CLUSTER, family="clickit-dev-api"))["taskArns"]
        running = (await ecs.list_tasks(cluster=CLUSTER))["taskArns"]
        stopped = (await ecs.list_tasks(cluster=CLUSTER, desiredStatus="STOPPED"))["taskArns"]
    assert (len(own), set(own), len(running), len(stopped)) == (2, set(family), 3, 1)


@row("ecs.ListTasks", "ECS API reference, ListTasks: maxResults and nextToken")
async def tasks_come_in_pages_without_overlap(aws: Aws) -> None:
    found = await aws.pages("ecs", "list_tasks", "taskArns", ECS_TOKENS, cluster=CLUSTER, maxResults=2)
    assert (len(found), len(set(found))) == (3, 3)


@row("ecs.ListTasks", "botocore model of ecs, ListTasks: ServiceNotFoundException is among its errors")
async def tasks_of_an_unknown_service_are_an_error(aws: Aws) -> None:
    assert await aws.refused("ecs", "list_tasks", cluster=CLUSTER, serviceName="none") == "ServiceNotFoundException"


@row("ecs.DescribeTasks", "ECS API reference, Task and Failure; developer guide, API failure reasons (MISSING)")
async def tasks_have_their_times_and_unknown_ones_are_failures(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        arns = (await ecs.list_tasks(cluster=CLUSTER))["taskArns"]
        found = await ecs.describe_tasks(cluster=CLUSTER, tasks=[*arns, "0" * 32])
    for task in found["tasks"]:
        assert task["createdAt"] < task["pullStartedAt"] < task["pullStoppedAt"] < task["startedAt"]
        assert (task["lastStatus"], "stopCode" in task, task["containers"][0]["taskArn"]) == ("RUNNING", False, task["taskArn"])
        assert task["containers"][0]["imageDigest"].startswith("sha256:")
        details = {each["name"] for each in task["attachments"][0]["details"]}
        assert {"subnetId", "networkInterfaceId", "privateIPv4Address"} <= details
    assert [(each["arn"][-32:], each["reason"]) for each in found["failures"]] == [("0" * 32, "MISSING")]


@row("ecs.DescribeTasks", "ECS API reference, DescribeTasks: a list of up to 100 task IDs or full ARN entries")
async def at_most_a_hundred_tasks_are_described_at_once(aws: Aws) -> None:
    given = {"cluster": CLUSTER, "tasks": [f"{at:032x}" for at in range(101)]}
    assert await aws.refused("ecs", "describe_tasks", **given) == "InvalidParameterException"


@row("ecs.DescribeTasks", "ECS API reference, DescribeTasks: describing a task has no effect on it")
async def describing_tasks_does_not_move_them(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        arns = (await ecs.list_tasks(cluster=CLUSTER))["taskArns"]
        seen = [(await ecs.describe_tasks(cluster=CLUSTER, tasks=arns))["tasks"] for _ in range(6)]
    assert seen[0] == seen[-1]


@row(
    "ecs.ListTaskDefinitions ecs.ListTaskDefinitionFamilies",
    "ECS API reference, ListTaskDefinitions: familyPrefix is the full family; sort",
)
async def definitions_are_sorted_by_revision(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        families = (await ecs.list_task_definition_families(familyPrefix="clickit-dev-"))["families"]
        up = (await ecs.list_task_definitions(familyPrefix=families[0]))["taskDefinitionArns"]
        down = (await ecs.list_task_definitions(familyPrefix=families[0], sort="DESC"))["taskDefinitionArns"]
        none = (await ecs.list_task_definitions(familyPrefix="clickit-dev-a"))["taskDefinitionArns"]
    assert families == ["clickit-dev-api", "clickit-dev-frontend", "clickit-dev-migration"]
    assert up == sorted(up, key=lambda each: int(each.rsplit(":", 1)[1])) == down[::-1] != []
    assert none == []


@row("ecs.DescribeTaskDefinition", "ECS API reference, DescribeTaskDefinition: family alone is the latest ACTIVE revision; ClientException")
async def a_family_names_its_newest_revision(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        newest = (await ecs.list_task_definitions(familyPrefix="clickit-dev-api", sort="DESC"))["taskDefinitionArns"][0]
        found = (await ecs.describe_task_definition(taskDefinition="clickit-dev-api"))["taskDefinition"]
    assert (found["taskDefinitionArn"], found["status"]) == (newest, "ACTIVE")
    assert found["containerDefinitions"][0]["logConfiguration"]["options"]["awslogs-group"] == "/ecs/clickit-dev-api"
    assert await aws.refused("ecs", "describe_task_definition", taskDefinition="none") == "ClientException"


@row("ecs.ListServiceDeployments", "ECS API reference, ListServiceDeployments: status and createdAt filters, newest first, 90 days kept")
async def service_deployments_are_filtered_by_status_and_time(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        every = (await ecs.list_service_deployments(**API))["serviceDeployments"]
        done = (await ecs.list_service_deployments(**API, status=["SUCCESSFUL"]))["serviceDeployments"]
        failed = (await ecs.list_service_deployments(**API, status=["ROLLBACK_FAILED"]))["serviceDeployments"]
        newer = (await ecs.list_service_deployments(**API, createdAt={"after": every[0]["createdAt"]}))["serviceDeployments"]
    times = [each["createdAt"] for each in every]
    assert times == sorted(times, reverse=True)
    assert (len(done), failed, len(newer)) == (len(every), [], 1)


@row(
    "ecs.DescribeServiceDeployments ecs.DescribeServiceRevisions",
    "ECS API reference, ServiceDeployment and ServiceRevision (containerImages with imageDigest); unknown ones are failures",
)
async def deployments_lead_to_revisions_with_image_digests(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        newest = (await ecs.list_service_deployments(**API))["serviceDeployments"][0]["serviceDeploymentArn"]
        found = await ecs.describe_service_deployments(serviceDeploymentArns=[newest, newest[:-1] + "_"])
        full = found["serviceDeployments"][0]
        target = full["targetServiceRevision"]["arn"]
        revisions = await ecs.describe_service_revisions(serviceRevisionArns=[target, target[:-3] + "000"])
    assert (full["status"], full["deploymentCircuitBreaker"]["status"]) == ("SUCCESSFUL", "MONITORING_COMPLETE")
    assert full["targetServiceRevision"]["runningTaskCount"] == 2
    assert revisions["serviceRevisions"][0]["containerImages"][0]["imageDigest"].startswith("sha256:")
    assert (found["failures"][0]["reason"], revisions["failures"][0]["reason"]) == ("MISSING", "MISSING")


@row("ecs.DescribeCapacityProviders", "ECS developer guide, Fargate capacity providers: FARGATE and FARGATE_SPOT exist in every account")
async def fargate_providers_are_there(aws: Aws) -> None:
    found = (await aws.ask("ecs", "describe_capacity_providers"))["capacityProviders"]
    assert [each["name"] for each in found] == ["FARGATE", "FARGATE_SPOT"]


# Load balancer and network


@row("elbv2.DescribeLoadBalancers elbv2.DescribeLoadBalancerAttributes", "ELBv2 API reference, DescribeLoadBalancers: PageSize, Marker")
async def load_balancers_come_in_pages(aws: Aws) -> None:
    found = await aws.pages("elbv2", "describe_load_balancers", "LoadBalancers", ("Marker", "NextMarker"), PageSize=1)
    assert [each["State"]["Code"] for each in found] == ["active", "active"]
    attributes = await aws.ask("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=found[0]["LoadBalancerArn"])
    assert {each["Key"] for each in attributes["Attributes"]} >= {"idle_timeout.timeout_seconds"}
    assert await aws.refused("elbv2", "describe_load_balancers", Names=["none"]) == "LoadBalancerNotFound"


@row(
    "elbv2.DescribeTargetGroups elbv2.DescribeTargetGroupAttributes elbv2.DescribeTags",
    "ELBv2 API reference, DescribeTargetGroups: LoadBalancerArns lists a load balancer once",
)
async def target_groups_name_their_balancer_once(aws: Aws) -> None:
    found = await aws.pages("elbv2", "describe_target_groups", "TargetGroups", ("Marker", "NextMarker"), PageSize=3)
    assert len(found) == 4
    assert all(len(each["LoadBalancerArns"]) == 1 for each in found)
    attributes = await aws.ask("elbv2", "describe_target_group_attributes", TargetGroupArn=found[0]["TargetGroupArn"])
    assert "deregistration_delay.timeout_seconds" in {each["Key"] for each in attributes["Attributes"]}
    tags = await aws.ask("elbv2", "describe_tags", ResourceArns=[found[0]["TargetGroupArn"]])
    assert tags["TagDescriptions"][0]["Tags"]
    assert await aws.refused("elbv2", "describe_target_groups", Names=["none"]) == "TargetGroupNotFound"


@row("elbv2.DescribeListeners elbv2.DescribeRules", "ELBv2 API reference, DescribeRules: the default rule has priority 'default'")
async def listeners_have_rules(aws: Aws) -> None:
    balancer = (await aws.ask("elbv2", "describe_load_balancers"))["LoadBalancers"][0]["LoadBalancerArn"]
    listener = (await aws.ask("elbv2", "describe_listeners", LoadBalancerArn=balancer))["Listeners"][0]
    rules = (await aws.ask("elbv2", "describe_rules", ListenerArn=listener["ListenerArn"]))["Rules"]
    assert [(each["Priority"], each["IsDefault"]) for each in rules] == [("10", False), ("default", True)]
    assert await aws.refused("elbv2", "describe_rules", ListenerArn=listener["ListenerArn"] + "0") == "ListenerNotFound"


@row("elbv2.DescribeTargetHealth", "ELBv2 API reference, TargetHealth: no Reason when healthy; unused with Target.NotRegistered")
async def healthy_targets_have_no_reason_and_strangers_are_unused(aws: Aws) -> None:
    group = (await aws.ask("elbv2", "describe_target_groups"))["TargetGroups"][0]["TargetGroupArn"]
    health = (await aws.ask("elbv2", "describe_target_health", TargetGroupArn=group))["TargetHealthDescriptions"]
    assert {(each["TargetHealth"]["State"], each["TargetHealth"].get("Reason")) for each in health} == {("healthy", None)}
    other = await aws.ask("elbv2", "describe_target_health", TargetGroupArn=group, Targets=[{"Id": "10.9.9.9", "Port": 1}])
    health = other["TargetHealthDescriptions"][0]["TargetHealth"]
    assert (health["State"], health["Reason"]) == ("unused", "Target.NotRegistered")


@row("ec2.DescribeSecurityGroups ec2.DescribeSecurityGroupRules", "EC2 API reference: filters group-id and vpc-id; InvalidGroup.NotFound")
async def security_groups_and_their_rules_agree(aws: Aws) -> None:
    async with aws("ec2") as ec2:
        groups = (await ec2.describe_security_groups())["SecurityGroups"]
        for group in groups:
            given = [{"Name": "group-id", "Values": [group["GroupId"]]}]
            rules = (await ec2.describe_security_group_rules(Filters=given))["SecurityGroupRules"]
            assert sum(not each["IsEgress"] for each in rules) == len(group["IpPermissions"])
            assert sum(each["IsEgress"] for each in rules) == len(group["IpPermissionsEgress"])
    assert await aws.refused("ec2", "describe_security_groups", GroupIds=["sg-0"]) == "InvalidGroup.NotFound"


@row("ec2.DescribeSecurityGroups", "EC2 API reference, DescribeSecurityGroups: MaxResults 5 to 1000 and NextToken")
async def security_groups_come_in_pages(aws: Aws) -> None:
    found = await aws.pages("ec2", "describe_security_groups", "SecurityGroups", ("NextToken", "NextToken"), MaxResults=5)
    assert len({each["GroupId"] for each in found}) == len(found) > 5


@row("ec2.DescribeVpcs ec2.DescribeSubnets ec2.DescribeRouteTables", "EC2 API reference, DescribeSubnets: filter vpc-id, free addresses")
async def subnets_say_how_many_addresses_are_free(aws: Aws) -> None:
    async with aws("ec2") as ec2:
        vpc = (await ec2.describe_vpcs())["Vpcs"][0]["VpcId"]
        given = [{"Name": "vpc-id", "Values": [vpc]}]
        subnets = (await ec2.describe_subnets(Filters=given))["Subnets"]
        tables = (await ec2.describe_route_tables(Filters=given))["RouteTables"]
    assert all(0 < each["AvailableIpAddressCount"] <= 251 for each in subnets)
    assert {each["VpcId"] for each in subnets} == {vpc}
    assert any("NatGatewayId" in route for table in tables for route in table["Routes"])
    assert await aws.refused("ec2", "describe_subnets", Filters=[{"Name": "bogus", "Values": ["x"]}]) == "InvalidParameterValue"


@row("ec2.DescribeVpcEndpoints", "EC2 API reference, DescribeVpcEndpoints: filters vpc-id, service-name, vpc-endpoint-type")
async def the_vpc_has_one_gateway_endpoint_and_no_interface_endpoint(aws: Aws) -> None:
    balancer = (await aws.ask("elbv2", "describe_load_balancers", Names=["clickit-dev-alb"]))["LoadBalancers"][0]
    own = {"Name": "vpc-id", "Values": [balancer["VpcId"]]}
    found = (await aws.ask("ec2", "describe_vpc_endpoints", Filters=[own]))["VpcEndpoints"]
    assert [(each["VpcEndpointType"], each["ServiceName"], each["State"]) for each in found] == [
        ("Gateway", "com.amazonaws.eu-west-1.s3", "Available")
    ]
    interfaces = {"Name": "vpc-endpoint-type", "Values": ["Interface"]}
    assert (await aws.ask("ec2", "describe_vpc_endpoints", Filters=[own, interfaces]))["VpcEndpoints"] == []


@row("iam.SimulatePrincipalPolicy", "IAM API reference, SimulatePrincipalPolicy: EvalDecision for each action; NoSuchEntity")
async def task_roles_allow_the_channels_of_ecs_exec_and_nothing_else(aws: Aws) -> None:
    definition = (await aws.ask("ecs", "describe_task_definition", taskDefinition="clickit-dev-api"))["taskDefinition"]
    given = {"PolicySourceArn": definition["taskRoleArn"], "ActionNames": ["ssmmessages:OpenDataChannel", "kms:Decrypt"]}
    found = (await aws.ask("iam", "simulate_principal_policy", **given))["EvaluationResults"]
    assert {each["EvalActionName"]: each["EvalDecision"] for each in found} == {
        "ssmmessages:OpenDataChannel": "allowed",
        "kms:Decrypt": "implicitDeny",
    }
    given["PolicySourceArn"] = "arn:aws:iam::123456789012:role/nobody"
    assert await aws.refused("iam", "simulate_principal_policy", **given) == "NoSuchEntity"


@row("ec2.DescribeNatGateways ec2.DescribeNetworkInterfaces", "EC2 API reference: a task's interface is found by its id, NAT by vpc-id")
async def a_tasks_interface_is_the_one_it_names(aws: Aws) -> None:
    async with aws("ecs") as ecs:
        arns = (await ecs.list_tasks(**{"cluster": CLUSTER}))["taskArns"]
        task = (await ecs.describe_tasks(cluster=CLUSTER, tasks=arns[:1]))["tasks"][0]
    details = {each["name"]: each["value"] for each in task["attachments"][0]["details"]}
    found = await aws.ask("ec2", "describe_network_interfaces", NetworkInterfaceIds=[details["networkInterfaceId"]])
    assert found["NetworkInterfaces"][0]["PrivateIpAddress"] == details["privateIPv4Address"]
    given = [{"Name": "state", "Values": ["available"]}]
    assert (await aws.ask("ec2", "describe_nat_gateways", Filters=given))["NatGateways"]


@pytest.mark.parametrize("line", MATRIX.rows, ids=lambda line: line.id)
async def test_reads_as_aws_does(line: Row, still: Aws) -> None:
    await line.proof(still)
