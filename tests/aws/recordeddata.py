"""AWS's answers about snapshots, maintenance, parameters, secrets and scans, as botocore parses them, for the environment `dev`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
RDS = "arn:aws:rds:eu-west-1:123456789012:"

INSTANCE: dict[str, Any] = {
    "InstanceCreateTime": AT,
    "AutomaticRestartTime": AT,
    "AvailabilityZone": "eu-west-1a",
    "OptionGroupMemberships": [{"OptionGroupName": "default:postgres-16", "Status": "in-sync"}],
    "StorageType": "gp3",
    "Iops": 3000,
    "StorageEncrypted": True,
    "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/0c8f",
    "PubliclyAccessible": False,
    "EnabledCloudwatchLogsExports": ["postgresql"],
    "IAMDatabaseAuthenticationEnabled": False,
    "CopyTagsToSnapshot": True,
    "AutoMinorVersionUpgrade": True,
    "CACertificateIdentifier": "rds-ca-rsa2048-g1",
    "BackupRetentionPeriod": 7,
    "PreferredBackupWindow": "03:00-03:30",
    "PreferredMaintenanceWindow": "sun:04:00-sun:04:30",
    "MonitoringInterval": 60,
    "ReadReplicaDBInstanceIdentifiers": ["clickit-dev-db-replica"],
    "PendingModifiedValues": {"DBInstanceClass": "db.t4g.small"},
    "TagList": [{"Key": "Project", "Value": "clickit"}],
}
"""What an entry of DBInstances says besides what is judged."""

SNAPSHOTS: dict[str, Any] = {
    "DBSnapshots": [
        {
            "DBSnapshotIdentifier": "before-migration",
            "DBInstanceIdentifier": "clickit-dev-db",
            "SnapshotCreateTime": AT,
            "Status": "available",
            "PercentProgress": 100,
            "AllocatedStorage": 20,
            "SnapshotType": "manual",
            "Encrypted": True,
            "KmsKeyId": "arn:aws:kms:eu-west-1:123456789012:key/0c8f",
            "EngineVersion": "16.4",
            "DBSnapshotArn": f"{RDS}snapshot:before-migration",
        },
        {"DBSnapshotIdentifier": "being-made", "DBInstanceIdentifier": "clickit-dev-db", "Status": "creating", "PercentProgress": 34},
    ]
}
MAINTENANCE: dict[str, Any] = {
    "PendingMaintenanceActions": [
        {
            "ResourceIdentifier": f"{RDS}db:clickit-dev-db",
            "PendingMaintenanceActionDetails": [
                {
                    "Action": "system-update",
                    "Description": "New Operating System update is available",
                    "OptInStatus": "next-maintenance",
                    "AutoAppliedAfterDate": AT,
                    "ForcedApplyDate": AT,
                    "CurrentApplyDate": AT,
                }
            ],
        }
    ]
}
PARAMETERS: dict[str, Any] = {
    "Parameters": [
        {
            "ParameterName": "max_connections",
            "ParameterValue": "LEAST({DBInstanceClassMemory/9531392},5000)",
            "Source": "system",
            "ApplyMethod": "pending-reboot",
        },
        {"ParameterName": "log_min_duration_statement", "ParameterValue": "500", "Source": "user", "ApplyMethod": "immediate"},
        {"ParameterName": "lock_timeout", "Source": "engine-default", "ApplyMethod": "immediate"},
    ]
}
SECRET_LIST: dict[str, Any] = {
    "SecretList": [
        {
            "ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/dev/old-key-AbCdEf",
            "Name": "clickit/dev/old-key",
            "LastChangedDate": AT,
            "SecretVersionsToStages": {"c" * 32: ["AWSCURRENT"]},
        },
        {"ARN": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:clickit/prod/x-AbCdEf", "Name": "clickit/prod/x"},
    ]
}
SCAN: dict[str, Any] = {
    "imageScanStatus": {"status": "COMPLETE", "description": "The scan was completed successfully."},
    "imageScanFindings": {
        "imageScanCompletedAt": AT,
        "findings": [
            {
                "name": "CVE-2026-2",
                "severity": "MEDIUM",
                "attributes": [{"key": "package_name", "value": "zlib"}, {"key": "package_version", "value": "1.3"}],
            },
            {
                "name": "CVE-2026-1",
                "severity": "CRITICAL",
                "attributes": [
                    {"key": "package_name", "value": "openssl"},
                    {"key": "package_version", "value": "3.0.1"},
                    {"key": "patched_version", "value": "3.0.9"},
                ],
            },
        ],
        "findingSeverityCounts": {"MEDIUM": 4, "CRITICAL": 1},
    },
}
ENHANCED: dict[str, Any] = {
    "imageScanStatus": {"status": "ACTIVE", "description": "Continuous scan is selected for image."},
    "imageScanFindings": {
        "enhancedFindings": [
            {
                "severity": "HIGH",
                "title": "CVE-2026-3 - curl",
                "packageVulnerabilityDetails": {
                    "vulnerabilityId": "CVE-2026-3",
                    "vulnerablePackages": [{"name": "curl", "version": "8.1", "fixedInVersion": "8.4"}],
                },
            }
        ],
        "findingSeverityCounts": {"HIGH": 1},
    },
}

SHAPES: dict[tuple[str, str], dict[str, Any]] = {
    ("rds", "DescribeDBSnapshots"): SNAPSHOTS,
    ("rds", "DescribePendingMaintenanceActions"): MAINTENANCE,
    ("rds", "DescribeDBParameters"): PARAMETERS,
    ("secretsmanager", "ListSecrets"): SECRET_LIST,
    ("ecr", "DescribeImageScanFindings"): SCAN,
}
"""Recorded answer by botocore service and operation."""
