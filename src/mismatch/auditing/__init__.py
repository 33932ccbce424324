"""A whole table: which rows are wrong, what happened to it, and how to put it right."""

from mismatch.auditing.fitting import Candidate
from mismatch.auditing.groups import Group, Repeat
from mismatch.auditing.moves import Swap
from mismatch.auditing.report import AuditReport
from mismatch.auditing.shifts import Shift
from mismatch.auditing.table import audit

__all__ = ["AuditReport", "Candidate", "Group", "Repeat", "Shift", "Swap", "audit"]
