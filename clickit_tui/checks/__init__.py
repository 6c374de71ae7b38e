"""The runbook as checks: one file each, shared by the verdict strip, the playbooks and the headless commands."""
