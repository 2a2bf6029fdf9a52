-- What a version of a permit costs, as it says itself; those signed before do not.
ALTER TABLE permit.permits
    ADD COLUMN fee_estimate bigint,
    ADD COLUMN fee_currency char(3),
    ADD COLUMN fee_rules    varchar(40);
