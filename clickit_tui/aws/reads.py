"""What the guard lets pass: two literals. A new read is one reviewed line here; fetchers cannot extend it."""

from __future__ import annotations

READS: frozenset[tuple[str, str]] = frozenset(
    {
        ("application-autoscaling", "DescribeScalableTargets"),
        ("application-autoscaling", "DescribeScalingActivities"),
        ("application-autoscaling", "DescribeScalingPolicies"),
        ("application-autoscaling", "DescribeScheduledActions"),
        ("ce", "GetCostAndUsage"),
        ("cloudwatch", "DescribeAlarmHistory"),
        ("cloudwatch", "DescribeAlarms"),
        ("cloudwatch", "DescribeAlarmsForMetric"),
        ("cloudwatch", "GetMetricData"),
        ("cloudwatch", "GetMetricStatistics"),
        ("cloudwatch", "ListMetrics"),
        ("ec2", "DescribeNatGateways"),
        ("ec2", "DescribeNetworkInterfaces"),
        ("ec2", "DescribeRouteTables"),
        ("ec2", "DescribeSecurityGroupRules"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeSubnets"),
        ("ec2", "DescribeVpcEndpoints"),
        ("ec2", "DescribeVpcs"),
        ("ec2", "GetManagedPrefixListEntries"),
        ("ecr", "DescribeImageScanFindings"),
        ("ecr", "DescribeImages"),
        ("ecr", "DescribeRepositories"),
        ("ecr", "ListImages"),
        ("ecs", "DescribeCapacityProviders"),
        ("ecs", "DescribeClusters"),
        ("ecs", "DescribeServiceDeployments"),
        ("ecs", "DescribeServiceRevisions"),
        ("ecs", "DescribeServices"),
        ("ecs", "DescribeTaskDefinition"),
        ("ecs", "DescribeTasks"),
        ("ecs", "ListClusters"),
        ("ecs", "ListServiceDeployments"),
        ("ecs", "ListServices"),
        ("ecs", "ListTagsForResource"),
        ("ecs", "ListTaskDefinitionFamilies"),
        ("ecs", "ListTaskDefinitions"),
        ("ecs", "ListTasks"),
        ("elasticache", "DescribeCacheClusters"),
        ("elasticache", "DescribeCacheSubnetGroups"),
        ("elasticache", "DescribeEvents"),
        ("elasticache", "DescribeReplicationGroups"),
        ("elasticache", "DescribeSnapshots"),
        ("elasticache", "ListTagsForResource"),
        ("elbv2", "DescribeListeners"),
        ("elbv2", "DescribeLoadBalancerAttributes"),
        ("elbv2", "DescribeLoadBalancers"),
        ("elbv2", "DescribeRules"),
        ("elbv2", "DescribeTags"),
        ("elbv2", "DescribeTargetGroupAttributes"),
        ("elbv2", "DescribeTargetGroups"),
        ("elbv2", "DescribeTargetHealth"),
        ("iam", "SimulatePrincipalPolicy"),
        ("logs", "DescribeLogGroups"),
        ("logs", "DescribeLogStreams"),
        ("logs", "DescribeQueries"),
        ("logs", "FilterLogEvents"),
        ("logs", "GetLogEvents"),
        ("logs", "GetQueryResults"),
        ("logs", "StartLiveTail"),
        ("logs", "StartQuery"),
        ("logs", "StopQuery"),
        ("pi", "GetResourceMetrics"),
        ("pricing", "GetProducts"),
        ("rds", "DescribeDBInstanceAutomatedBackups"),
        ("rds", "DescribeDBInstances"),
        ("rds", "DescribeDBParameterGroups"),
        ("rds", "DescribeDBParameters"),
        ("rds", "DescribeDBSnapshots"),
        ("rds", "DescribeDBSubnetGroups"),
        ("rds", "DescribeEvents"),
        ("rds", "DescribePendingMaintenanceActions"),
        ("rds", "ListTagsForResource"),
        ("secretsmanager", "DescribeSecret"),
        ("secretsmanager", "ListSecretVersionIds"),
        ("secretsmanager", "ListSecrets"),
        ("ssm", "DescribeSessions"),
        ("ssm", "GetConnectionStatus"),
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
