"""What the guard lets pass: two literals. A new read is one reviewed line here; fetchers cannot extend it."""

from __future__ import annotations

READS: frozenset[tuple[str, str]] = frozenset(
    {
        ("application-autoscaling", "DescribeScalableTargets"),
        ("application-autoscaling", "DescribeScalingActivities"),
        ("application-autoscaling", "DescribeScalingPolicies"),
        ("ce", "GetCostAndUsage"),
        ("cloudwatch", "DescribeAlarmHistory"),
        ("cloudwatch", "DescribeAlarms"),
        ("cloudwatch", "GetMetricData"),
        ("cloudwatch", "GetMetricStatistics"),
        ("ec2", "DescribeNatGateways"),
        ("ec2", "DescribeSecurityGroupRules"),
        ("ec2", "DescribeSubnets"),
        ("ec2", "DescribeVpcEndpoints"),
        ("ec2", "GetManagedPrefixListEntries"),
        ("ecr", "DescribeImageScanFindings"),
        ("ecr", "DescribeImages"),
        ("ecs", "DescribeClusters"),
        ("ecs", "DescribeServiceDeployments"),
        ("ecs", "DescribeServiceRevisions"),
        ("ecs", "DescribeServices"),
        ("ecs", "DescribeTaskDefinition"),
        ("ecs", "DescribeTasks"),
        ("ecs", "ListClusters"),
        ("ecs", "ListServiceDeployments"),
        ("ecs", "ListTagsForResource"),
        ("ecs", "ListTaskDefinitions"),
        ("ecs", "ListTasks"),
        ("elasticache", "DescribeCacheClusters"),
        ("elasticache", "DescribeEvents"),
        ("elasticache", "DescribeReplicationGroups"),
        ("elbv2", "DescribeLoadBalancers"),
        ("elbv2", "DescribeTargetGroups"),
        ("elbv2", "DescribeTargetHealth"),
        ("iam", "SimulatePrincipalPolicy"),
        ("logs", "DescribeLogGroups"),
        ("logs", "DescribeLogStreams"),
        ("logs", "FilterLogEvents"),
        ("logs", "GetQueryResults"),
        ("logs", "StartQuery"),
        ("logs", "StopQuery"),
        ("pi", "GetResourceMetrics"),
        ("rds", "DescribeDBInstances"),
        ("rds", "DescribeDBParameters"),
        ("rds", "DescribeDBSnapshots"),
        ("rds", "DescribeEvents"),
        ("rds", "DescribePendingMaintenanceActions"),
        ("rds", "ListTagsForResource"),
        ("secretsmanager", "DescribeSecret"),
        ("secretsmanager", "ListSecrets"),
        ("sts", "GetCallerIdentity"),
    }
)
"""Every read, as (botocore's service name, operation); IAM access level Read or List, none of them shows a secret's value."""

CREDENTIAL_CALLS: frozenset[tuple[str, str]] = frozenset(
    {
        ("signin", "CreateOAuth2Token"),
        ("sso", "GetRoleCredentials"),
        ("sso-oidc", "CreateToken"),
        ("sso-oidc", "RegisterClient"),
        ("sso-oidc", "StartDeviceAuthorization"),
        ("sts", "AssumeRole"),
        ("sts", "AssumeRoleWithWebIdentity"),
    }
)
"""What the SDK and the log-in call to obtain credentials; allowed in every mode, they change nothing of ClickIt."""

_IAM_PREFIX = {"elbv2": "elasticloadbalancing", "sso-oidc": "sso-oauth"}


def permission(service: str, operation: str) -> str:
    """`service:Operation` as IAM spells it, from botocore's service name: elbv2 is `elasticloadbalancing` there."""
    return f"{_IAM_PREFIX.get(service, service)}:{operation}" if service and operation else ""
