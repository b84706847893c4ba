"""Long work that several may watch: a sync, a pull or a delivery runs once, whoever began it and whoever looks."""

from edenmesh.web.jobs.defects import defect
from edenmesh.web.jobs.job import TOLD_PER_SECOND_MAX, Job, JobView, State
from edenmesh.web.jobs.jobs import Jobs
from edenmesh.web.jobs.work import What, Work

__all__ = ["TOLD_PER_SECOND_MAX", "Job", "JobView", "Jobs", "State", "What", "Work", "defect"]
