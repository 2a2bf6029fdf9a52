-- Applications taken back by who applied, and approvals by who gave them.
ALTER TABLE permit.applications ADD COLUMN withdrawn_at timestamptz;

ALTER TABLE permit.approvals
    ADD COLUMN revoked_at         timestamptz,
    ADD COLUMN revocation_reasons text,
    ADD COLUMN withdrawn_at       timestamptz;             -- nobody has to decide it any more
