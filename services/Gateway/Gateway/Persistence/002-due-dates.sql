-- When it was said that a holder is late: once for an order.
ALTER TABLE gateway.orders ADD COLUMN overdue_at timestamptz;
