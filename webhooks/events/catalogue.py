"""The types of events (API contract, Webhooks)."""

TARGET_IMPORTED = "target.imported"
TARGET_UPDATED = "target.updated"
TARGET_REJECTED = "target.rejected"
TARGET_CANCELLED = "target.cancelled"
IMPORT_JOB_COMPLETED = "import_job.completed"

PAYLOAD_VERSION = "2026-06-18"
