-- Who decided on the order's source: its case officers alone see the order and renew it. Taken from the permit that the
-- order keeps; null, and then nobody's, where that was signed before permits said who decided.
ALTER TABLE gateway.orders ADD COLUMN authority varchar(40);
UPDATE gateway.orders SET authority = (
    SELECT entry -> 'decision' ->> 'authority'
    FROM jsonb_array_elements(
        convert_from(
            decode(
                rpad(
                    translate(split_part(permit, '.', 2), '-_', '+/'),
                    (length(split_part(permit, '.', 2)) + 3) / 4 * 4,
                    '='
                ),
                'base64'
            ),
            'UTF8'
        )::jsonb -> 'sources'
    ) AS named (entry)
    WHERE entry ->> 'source' = orders.source
);
CREATE INDEX orders_authority ON gateway.orders (authority, id);
