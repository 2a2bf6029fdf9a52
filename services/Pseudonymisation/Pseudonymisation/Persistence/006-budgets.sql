-- When an order first asked for more identifiers than its budget: the alarm is raised once.
ALTER TABLE pseudonymisation.orders ADD COLUMN budget_exceeded_at timestamptz;
