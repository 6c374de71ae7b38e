"""AWS answers as botocore parses them, for one small environment `dev`; every key is checked against botocore's models by a test."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.aws import recordeddata
from tests.aws.recordedpast import ACTIVITIES

AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
EPOCH = AT.timestamp()
ECS = "arn:aws:ecs:eu-west-1:123456789012:"
CLUSTER = f"{ECS}cluster/clickit-dev-cluster"
API_41 = f"{ECS}task-definition/clickit-dev-api:41"
API_42 = f"{ECS}task-definition/clickit-dev-api:42"
ELB = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:"
TG_API = f"{ELB}targetgroup/clickit-dev-api/73e2d6bc24d8a067"
TG_FRONTEND = f"{ELB}targetgroup/clickit-dev-frontend/9c1f2d6bc24d8a06"
LB = f"{ELB}loadbalancer/app/clickit-dev-alb/50dc6c495c0c9188"
TASK = f"{ECS}task/clickit-dev-cluster/8f3a21c0de"
STOPPED = f"{ECS}task/clickit-dev-cluster/22bc07c0de"
DEPLOYMENT = f"{ECS}service-deployment/clickit-dev-cluster/clickit-dev-api/NCWGC2ZR"
REVISION = f"{ECS}service-revision/clickit-dev-cluster/clickit-dev-api/4980306466373577095"

CLUSTERS: dict[str, Any] = {
    "clusters": [
        {
            "clusterArn": CLUSTER,
            "clusterName": "clickit-dev-cluster",
            "status": "ACTIVE",
            "settings": [{"name": "containerInsights", "value": "enabled"}],
        }
    ],
    "failures": [],
}

API: dict[str, Any] = {
    "serviceArn": f"{ECS}service/clickit-dev-cluster/clickit-dev-api",
    "serviceName": "clickit-dev-api",
    "clusterArn": CLUSTER,
    "status": "ACTIVE",
    "desiredCount": 3,
    "runningCount": 2,
    "pendingCount": 1,
    "launchType": "FARGATE",
    "capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}],
    "taskDefinition": API_42,
    "loadBalancers": [{"targetGroupArn": TG_API, "containerName": "api", "containerPort": 8000}],
    "deploymentConfiguration": {
        "deploymentCircuitBreaker": {"enable": True, "rollback": False},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    },
    "tags": [{"key": "team", "value": "clickit"}],
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-api"], "assignPublicIp": "DISABLED"}
    },
    "deployments": [
        {
            "id": "ecs-svc/42",
            "status": "PRIMARY",
            "taskDefinition": API_42,
            "desiredCount": 3,
            "pendingCount": 1,
            "runningCount": 1,
            "failedTasks": 2,
            "createdAt": AT,
            "updatedAt": AT,
            "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": "ECS deployment ecs-svc/42 in progress.",
        },
        {
            "id": "ecs-svc/41",
            "status": "ACTIVE",
            "taskDefinition": API_41,
            "desiredCount": 3,
            "pendingCount": 0,
            "runningCount": 1,
            "failedTasks": 0,
            "createdAt": AT,
            "updatedAt": AT,
            "rolloutState": "COMPLETED",
        },
    ],
    "events": [
        {"id": "e1", "createdAt": datetime(2026, 11, 23, 13, 0, tzinfo=UTC), "message": "older"},
        {"id": "e2", "createdAt": AT, "message": "(service clickit-dev-api) has started 1 tasks: (task 8f3a21c0de)."},
    ],
    "createdAt": AT,
    "healthCheckGracePeriodSeconds": 60,
    "enableExecuteCommand": True,
    "currentServiceDeployment": DEPLOYMENT,
}
FRONTEND: dict[str, Any] = API | {
    "serviceArn": f"{ECS}service/clickit-dev-cluster/clickit-dev-frontend",
    "serviceName": "clickit-dev-frontend",
    "loadBalancers": [{"targetGroupArn": TG_FRONTEND, "containerName": "frontend", "containerPort": 3000}],
    "capacityProviderStrategy": [],
}
SERVICES: dict[str, Any] = {"services": [FRONTEND, API], "failures": []}

RUNNING_TASK: dict[str, Any] = {
    "taskArn": TASK,
    "taskDefinitionArn": API_42,
    "clusterArn": CLUSTER,
    "group": "service:clickit-dev-api",
    "lastStatus": "RUNNING",
    "desiredStatus": "RUNNING",
    "healthStatus": "HEALTHY",
    "availabilityZone": "eu-west-1a",
    "platformVersion": "1.4.0",
    "platformFamily": "Linux",
    "cpu": "512",
    "memory": "1024",
    "capacityProviderName": "FARGATE_SPOT",
    "startedBy": "ecs-svc/42",
    "createdAt": AT,
    "startedAt": AT,
    "enableExecuteCommand": True,
    "attachments": [
        {"type": "ElasticNetworkInterface", "status": "ATTACHED", "details": [{"name": "privateIPv4Address", "value": "10.0.1.17"}]}
    ],
    "containers": [
        {
            "name": "api",
            "lastStatus": "RUNNING",
            "healthStatus": "HEALTHY",
            "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:v2.3.1",
            "imageDigest": "sha256:abc",
            "runtimeId": "rt-1",
            "managedAgents": [{"name": "ExecuteCommandAgent", "lastStatus": "RUNNING", "reason": "restarted"}],
        }
    ],
}
STOPPED_TASK: dict[str, Any] = RUNNING_TASK | {
    "taskArn": STOPPED,
    "lastStatus": "STOPPED",
    "desiredStatus": "STOPPED",
    "stoppingAt": AT,
    "stoppedAt": AT,
    "stopCode": "EssentialContainerExited",
    "stoppedReason": "Essential container in task exited",
    "containers": [{"name": "api", "lastStatus": "STOPPED", "exitCode": 1, "reason": "OutOfMemoryError: Container killed"}],
}
TASKS: dict[str, Any] = {"tasks": [RUNNING_TASK, STOPPED_TASK], "failures": []}

DEFINITION: dict[str, Any] = {
    "taskDefinition": {
        "taskDefinitionArn": API_42,
        "family": "clickit-dev-api",
        "revision": 42,
        "cpu": "512",
        "memory": "1024",
        "status": "ACTIVE",
        "registeredAt": AT,
        "registeredBy": "arn:aws:sts::123456789012:assumed-role/Deploy/ci",
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "pidMode": "task",
        "taskRoleArn": "arn:aws:iam::123456789012:role/clickit-dev-task",
        "executionRoleArn": "arn:aws:iam::123456789012:role/clickit-dev-exec",
        "containerDefinitions": [
            {
                "name": "api",
                "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:v2.3.1",
                "essential": True,
                "readonlyRootFilesystem": True,
                "linuxParameters": {"initProcessEnabled": True},
                "cpu": 256,
                "memory": 512,
                "command": ["serve", "--db", "postgres://app:hunter2@db/clickit"],
                "environment": [
                    {"name": "APP_ENV", "value": "dev"},
                    {"name": "SMTP_PASSWORD", "value": "hunter2"},
                    {"name": "BROKER", "value": "redis://user:hunter2@cache:6379/0"},
                ],
                "secrets": [{"name": "CLICKIT_DATABASE_URL", "valueFrom": "arn:aws:secretsmanager:eu-west-1:1:secret:clickit/dev/db"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {"awslogs-group": "/ecs/clickit-dev-api", "awslogs-stream-prefix": "ecs", "mode": "non-blocking"},
                },
                "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8000/health"]},
                "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
                "dockerLabels": {"org.opencontainers.image.revision": "4f2c9e1"},
            }
        ],
    }
}

LISTED_DEPLOYMENTS: dict[str, Any] = {"serviceDeployments": [{"serviceDeploymentArn": DEPLOYMENT, "status": "IN_PROGRESS"}]}
SERVICE_DEPLOYMENTS: dict[str, Any] = {
    "serviceDeployments": [
        {
            "serviceDeploymentArn": DEPLOYMENT,
            "serviceArn": API["serviceArn"],
            "clusterArn": CLUSTER,
            "createdAt": AT,
            "startedAt": AT,
            "finishedAt": AT,
            "status": "SUCCESSFUL",
            "statusReason": "done",
            "sourceServiceRevisions": [{"arn": REVISION + "1", "requestedTaskCount": 1}],
            "targetServiceRevision": {"arn": REVISION, "requestedTaskCount": 3},
            "deploymentCircuitBreaker": {"status": "MONITORING_COMPLETE", "failureCount": 1, "threshold": 3},
            "rollback": {"reason": "stopped", "startedAt": AT, "serviceRevisionArn": REVISION + "1"},
        }
    ],
    "failures": [],
}

REVISIONS: dict[str, Any] = {
    "serviceRevisions": [
        {
            "serviceRevisionArn": REVISION,
            "serviceArn": API["serviceArn"],
            "clusterArn": CLUSTER,
            "taskDefinition": API_42,
            "containerImages": [
                {
                    "containerName": "api",
                    "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/clickit/api:v2.3.1",
                    "imageDigest": "sha256:42abab",
                }
            ],
            "createdAt": AT,
        }
    ],
    "failures": [],
}
DEFINITIONS: dict[str, Any] = {"taskDefinitionArns": [API_42]}
IMAGES: dict[str, Any] = {
    "imageDetails": [
        {
            "registryId": "123456789012",
            "repositoryName": "clickit/api",
            "imageDigest": "sha256:42abab",
            "imageTags": ["v2.3.1", "latest"],
            "imagePushedAt": AT,
            "imageStatus": "ACTIVE",
            "imageSizeInBytes": 120_000_000,
        }
    ]
}
SECRET: dict[str, Any] = {
    "ARN": "arn:aws:secretsmanager:eu-west-1:1:secret:clickit/dev/db",
    "Name": "clickit/dev/db",
    "LastChangedDate": AT,
    "DeletedDate": AT,
    "VersionIdsToStages": {"a" * 32: ["AWSCURRENT"], "b" * 32: ["AWSPREVIOUS"]},
    "Description": "the database's address",
    "CreatedDate": AT,
    "LastAccessedDate": AT,
    "RotationEnabled": False,
    "LastRotatedDate": AT,
}

TARGET_GROUPS: dict[str, Any] = {
    "TargetGroups": [
        {
            "TargetGroupArn": arn,
            "TargetGroupName": name,
            "Protocol": "HTTP",
            "Port": port,
            "VpcId": "vpc-1",
            "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 30,
            "HealthCheckTimeoutSeconds": 5,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200"},
            "LoadBalancerArns": [LB, LB],
        }
        for arn, name, port in ((TG_API, "clickit-dev-api", 8000), (TG_FRONTEND, "clickit-dev-frontend", 3000))
    ]
}
LOAD_BALANCERS: dict[str, Any] = {
    "LoadBalancers": [
        {
            "LoadBalancerArn": LB,
            "LoadBalancerName": "clickit-dev-alb",
            "DNSName": "clickit-dev.eu-west-1.elb.amazonaws.com",
            "State": {"Code": "active"},
            "Scheme": "internet-facing",
            "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-a"}, {"ZoneName": "eu-west-1b"}],
            "SecurityGroups": ["sg-alb"],
        }
    ]
}
TARGET_HEALTH: dict[str, Any] = {
    "TargetHealthDescriptions": [
        {"Target": {"Id": "10.0.1.17", "Port": 8000}, "HealthCheckPort": "8000", "TargetHealth": {"State": "healthy"}},
        {
            "Target": {"Id": "10.0.1.18", "Port": 8000},
            "TargetHealth": {
                "State": "unhealthy",
                "Reason": "Target.ResponseCodeMismatch",
                "Description": "Health checks failed with these codes: [502]",
            },
        },
    ]
}
DATABASES: dict[str, Any] = {
    "DBInstances": [
        {
            "DBInstanceIdentifier": "clickit-dev-db",
            "DBInstanceArn": "arn:aws:rds:eu-west-1:123456789012:db:clickit-dev-db",
            "DBInstanceStatus": "available",
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "EngineVersion": "16.4",
            "MultiAZ": False,
            "AllocatedStorage": 20,
            "MaxAllocatedStorage": 100,
            "Endpoint": {"Address": "clickit-dev-db.c9.eu-west-1.rds.amazonaws.com", "Port": 5432},
            "DBSubnetGroup": {"VpcId": "vpc-1", "DBSubnetGroupName": "clickit-dev-db"},
            "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-db", "Status": "active"}],
            "DBParameterGroups": [{"DBParameterGroupName": "pg16", "ParameterApplyStatus": "in-sync"}],
            "LatestRestorableTime": AT,
            "DeletionProtection": False,
            "DbiResourceId": "db-ABC",
            "PerformanceInsightsEnabled": True,
            **recordeddata.INSTANCE,
        }
    ]
}
REPLICATION_GROUPS: dict[str, Any] = {
    "ReplicationGroups": [
        {
            "ReplicationGroupId": "clickit-dev-redis",
            "Status": "available",
            "CacheNodeType": "cache.t4g.micro",
            "Engine": "redis",
            "MemberClusters": ["clickit-dev-redis-001", "clickit-dev-redis-002"],
            "NodeGroups": [
                {
                    "NodeGroupId": "0001",
                    "NodeGroupMembers": [
                        {"CacheClusterId": "clickit-dev-redis-001", "CacheNodeId": "0001", "CurrentRole": "replica"},
                        {"CacheClusterId": "clickit-dev-redis-002", "CacheNodeId": "0001", "CurrentRole": "primary"},
                    ],
                }
            ],
        }
    ]
}
CACHE_CLUSTERS: dict[str, Any] = {
    "CacheClusters": [
        {
            "CacheClusterId": f"clickit-dev-redis-00{number}",
            "ReplicationGroupId": "clickit-dev-redis",
            "CacheClusterStatus": "available",
            "Engine": "redis",
            "EngineVersion": "7.1.0",
            "CacheNodeType": "cache.t4g.micro",
            "SecurityGroups": [{"SecurityGroupId": "sg-redis", "Status": "active"}],
        }
        for number in (1, 2)
    ]
}
NAT_GATEWAYS: dict[str, Any] = {
    "NatGateways": [
        {"NatGatewayId": "nat-2", "State": "available", "SubnetId": "subnet-p2", "VpcId": "vpc-1"},
        {"NatGatewayId": "nat-1", "State": "failed", "SubnetId": "subnet-p1", "VpcId": "vpc-1"},
        {"NatGatewayId": "nat-0", "State": "deleted", "SubnetId": "subnet-p1", "VpcId": "vpc-1"},
    ]
}
SCALABLE: dict[str, Any] = {
    "ScalableTargets": [
        {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/clickit-dev-cluster/clickit-dev-api",
            "ScalableDimension": "ecs:service:DesiredCount",
            "MinCapacity": 1,
            "MaxCapacity": 4,
            "RoleARN": "arn:aws:iam::123456789012:role/scaling",
            "CreationTime": AT,
            "SuspendedState": {"DynamicScalingInSuspended": True, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": True},
        }
    ]
}
POLICIES: dict[str, Any] = {
    "ScalingPolicies": [
        {
            "PolicyARN": "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1",
            "PolicyName": "cpu-60",
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "CreationTime": AT,
            "PolicyType": "TargetTrackingScaling",
            "ResourceId": "service/clickit-dev-cluster/clickit-dev-api",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
        }
    ]
}
ALARMS: dict[str, Any] = {
    "MetricAlarms": [
        {
            "AlarmName": "clickit-dev-alb-5xx",
            "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:clickit-dev-alb-5xx",
            "StateValue": "OK",
            "StateReason": "fine",
            "StateTransitionedTimestamp": AT,
            "StateUpdatedTimestamp": datetime(2026, 11, 23, 14, 5, tzinfo=UTC),
            "MetricName": "HTTPCode_Target_5XX_Count",
            "Namespace": "AWS/ApplicationELB",
            "Statistic": "Sum",
            "Dimensions": [{"Name": "LoadBalancer", "Value": "app/clickit-dev-alb/50dc6c495c0c9188"}],
            "Period": 300,
            "EvaluationPeriods": 2,
            "DatapointsToAlarm": 1,
            "Threshold": 10.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": True,
            "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
            "OKActions": ["arn:aws:sns:eu-west-1:123456789012:on-call"],
            "InsufficientDataActions": ["arn:aws:sns:eu-west-1:123456789012:quiet"],
            "EvaluationState": "PARTIAL_DATA",
            "AlarmDescription": "5xx",
        },
        {
            "AlarmName": "TargetTracking-service/clickit-dev-cluster/clickit-dev-api-AlarmHigh-1",
            "StateValue": "ALARM",
            "StateTransitionedTimestamp": AT,
            "Dimensions": [{"Name": "ClusterName", "Value": "clickit-dev-cluster"}, {"Name": "ServiceName", "Value": "clickit-dev-api"}],
        },
        {"AlarmName": "storage", "StateValue": "OK", "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "clickit-dev-db"}]},
        {
            "AlarmName": "error-rate",
            "StateValue": "INSUFFICIENT_DATA",
            "Metrics": [
                {"Id": "rate", "Expression": "100*a/b", "ReturnData": True},
                {
                    "Id": "a",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/ApplicationELB",
                            "MetricName": "HTTPCode_ELB_5XX_Count",
                            "Dimensions": [{"Name": "LoadBalancer", "Value": "app/clickit-dev-alb/50dc6c495c0c9188"}],
                        },
                        "Period": 60,
                        "Stat": "Sum",
                    },
                    "ReturnData": False,
                },
            ],
        },
        {"AlarmName": "clickit-dev2-api-cpu", "StateValue": "ALARM", "Dimensions": [{"Name": "ServiceName", "Value": "clickit-dev-api"}]},
        {"AlarmName": "somebody-else", "StateValue": "ALARM", "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "other"}]},
    ],
    "CompositeAlarms": [
        {
            "AlarmName": "page-someone",
            "StateValue": "ALARM",
            "AlarmRule": 'ALARM("storage") OR ALARM("somebody-else")',
            "ActionsEnabled": False,
        },
        {"AlarmName": "of-others", "StateValue": "ALARM", "AlarmRule": 'ALARM("somebody-else")'},
    ],
}

ALARM_HISTORY: dict[str, Any] = {
    "AlarmHistoryItems": [
        {
            "AlarmName": "clickit-dev-alb-5xx",
            "AlarmType": "MetricAlarm",
            "Timestamp": AT,
            "HistoryItemType": "StateUpdate",
            "HistorySummary": "Alarm updated from OK to ALARM",
            "HistoryData": '{"version":"1.0","oldState":{"stateValue":"OK"},"newState":{"stateValue":"ALARM","stateReason":"34.0 > 10.0"}}',
        },
        {"AlarmName": "page-someone", "AlarmType": "CompositeAlarm", "Timestamp": AT, "HistorySummary": "Alarm updated from ALARM to OK"},
        {"AlarmName": "no-time", "HistoryData": "{"},
    ]
}

DATABASE_EVENTS: dict[str, Any] = {
    "Events": [
        {"SourceIdentifier": "clickit-dev-db", "Message": "DB instance restarted", "EventCategories": ["availability"], "Date": AT},
        {"SourceIdentifier": "clickit-dev-db", "Message": "no time"},
    ]
}

SECURITY_RULES: dict[str, Any] = {
    "SecurityGroupRules": [
        {
            "SecurityGroupRuleId": "sgr-1",
            "GroupId": "sg-db",
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "ReferencedGroupInfo": {"GroupId": "sg-app", "PeeringStatus": "active"},
        },
        {
            "SecurityGroupRuleId": "sgr-2",
            "GroupId": "sg-app",
            "IsEgress": True,
            "IpProtocol": "-1",
            "FromPort": -1,
            "ToPort": -1,
            "CidrIpv4": "0.0.0.0/0",
        },
        {
            "SecurityGroupRuleId": "sgr-3",
            "GroupId": "sg-db",
            "IsEgress": False,
            "IpProtocol": "tcp",
            "FromPort": 5432,
            "ToPort": 5432,
            "PrefixListId": "pl-1",
        },
        {"SecurityGroupRuleId": "sgr-4", "GroupId": "sg-db", "IsEgress": True, "IpProtocol": "-1", "CidrIpv6": "::/0"},
    ]
}

PREFIX_LIST: dict[str, Any] = {"Entries": [{"Cidr": "10.0.0.0/16", "Description": "offices"}, {"Cidr": "10.1.0.0/16"}]}

SUBNETS: dict[str, Any] = {
    "Subnets": [
        {
            "SubnetId": "subnet-b",
            "VpcId": "vpc-1",
            "AvailabilityZone": "eu-west-1b",
            "CidrBlock": "10.0.2.0/24",
            "AvailableIpAddressCount": 240,
        },
        {
            "SubnetId": "subnet-a",
            "VpcId": "vpc-1",
            "AvailabilityZone": "eu-west-1a",
            "CidrBlock": "10.0.1.0/24",
            "AvailableIpAddressCount": 0,
        },
    ]
}

RESOURCE_METRICS: dict[str, Any] = {
    "Identifier": "db-ABC",
    "MetricList": [
        {"Key": {"Metric": "db.load.avg"}, "DataPoints": [{"Timestamp": AT, "Value": 3.0}]},
        {
            "Key": {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "CPU", "db.wait_event.type": "CPU"}},
            "DataPoints": [{"Timestamp": AT, "Value": 0.5}, {"Timestamp": AT, "Value": 1.5}],
        },
        {
            "Key": {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "Lock:relation"}},
            "DataPoints": [{"Timestamp": AT, "Value": 2.0}],
        },
        {"Key": {"Metric": "db.load.avg", "Dimensions": {"db.wait_event.name": "IO:XactSync"}}, "DataPoints": []},
    ],
}


LOG_GROUPS: dict[str, Any] = {
    "logGroups": [
        {"logGroupName": "/ecs/clickit-dev-api", "storedBytes": 1_234_567_890, "retentionInDays": 14},
        {"logGroupName": "/ecs/clickit-dev-api-old", "storedBytes": 1},
        {"logGroupName": "/ecs/clickit-dev-frontend"},
    ]
}

COSTS: dict[str, Any] = {
    "ResultsByTime": [
        {
            "TimePeriod": {"Start": "2026-10-28", "End": "2026-11-01"},
            "Groups": [
                {"Keys": ["Amazon Elastic Container Service"], "Metrics": {"UnblendedCost": {"Amount": "10.5", "Unit": "USD"}}},
                {"Keys": ["Amazon ElastiCache"], "Metrics": {"UnblendedCost": {"Amount": "2", "Unit": "USD"}}},
            ],
        },
        {"Groups": [{"Keys": ["Amazon ElastiCache"], "Metrics": {"UnblendedCost": {"Amount": "20"}}}, {"Keys": []}]},
    ]
}

ENDPOINTS: dict[str, Any] = {
    "VpcEndpoints": [
        {
            "VpcEndpointId": "vpce-2",
            "VpcEndpointType": "Interface",
            "ServiceName": "com.amazonaws.eu-west-1.ssmmessages",
            "State": "Available",
        },
        {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.eu-west-1.s3", "State": "available"},
    ]
}
SIMULATED: dict[str, Any] = {
    "EvaluationResults": [
        {"EvalActionName": "ssmmessages:CreateControlChannel", "EvalResourceName": "*", "EvalDecision": "allowed"},
        {"EvalActionName": "ssmmessages:CreateDataChannel", "EvalResourceName": "*", "EvalDecision": "implicitDeny"},
        {"EvalActionName": "ssmmessages:OpenControlChannel", "EvalResourceName": "*", "EvalDecision": "explicitDeny"},
        {
            "EvalActionName": "ssmmessages:OpenDataChannel",
            "EvalResourceName": "*",
            "EvalDecision": "implicitDeny",
            "MissingContextValues": ["aws:SourceVpc"],
        },
    ],
    "IsTruncated": False,
}

SHAPES: dict[tuple[str, str], dict[str, Any]] = {
    ("ecs", "DescribeClusters"): CLUSTERS,
    ("ecs", "DescribeServices"): SERVICES,
    ("ecs", "DescribeTasks"): TASKS,
    ("ecs", "DescribeTaskDefinition"): DEFINITION,
    ("ecs", "ListServiceDeployments"): LISTED_DEPLOYMENTS,
    ("ecs", "DescribeServiceDeployments"): SERVICE_DEPLOYMENTS,
    ("ecs", "DescribeServiceRevisions"): REVISIONS,
    ("ecs", "ListTaskDefinitions"): DEFINITIONS,
    ("ecr", "DescribeImages"): IMAGES,
    ("secretsmanager", "DescribeSecret"): SECRET,
    ("elbv2", "DescribeTargetGroups"): TARGET_GROUPS,
    ("elbv2", "DescribeLoadBalancers"): LOAD_BALANCERS,
    ("elbv2", "DescribeTargetHealth"): TARGET_HEALTH,
    ("rds", "DescribeDBInstances"): DATABASES,
    ("elasticache", "DescribeReplicationGroups"): REPLICATION_GROUPS,
    ("elasticache", "DescribeCacheClusters"): CACHE_CLUSTERS,
    ("ec2", "DescribeNatGateways"): NAT_GATEWAYS,
    ("application-autoscaling", "DescribeScalableTargets"): SCALABLE,
    ("application-autoscaling", "DescribeScalingPolicies"): POLICIES,
    ("application-autoscaling", "DescribeScalingActivities"): ACTIVITIES,
    ("cloudwatch", "DescribeAlarms"): ALARMS,
    ("cloudwatch", "DescribeAlarmHistory"): ALARM_HISTORY,
    ("rds", "DescribeEvents"): DATABASE_EVENTS,
    ("ec2", "DescribeSecurityGroupRules"): SECURITY_RULES,
    ("ec2", "GetManagedPrefixListEntries"): PREFIX_LIST,
    ("ec2", "DescribeSubnets"): SUBNETS,
    ("ec2", "DescribeVpcEndpoints"): ENDPOINTS,
    ("iam", "SimulatePrincipalPolicy"): SIMULATED,
    ("pi", "GetResourceMetrics"): RESOURCE_METRICS,
    **recordeddata.SHAPES,
    ("logs", "DescribeLogGroups"): LOG_GROUPS,
    ("ce", "GetCostAndUsage"): COSTS,
}
"""Recorded answer by botocore service and operation."""
