-- When a key was first found to outlive six months after the end (EHDS 68(12)): the alarm is raised once.
ALTER TABLE pseudonymisation.lineages ADD COLUMN overdue_at timestamptz;
