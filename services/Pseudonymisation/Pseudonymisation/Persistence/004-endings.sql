-- How a lineage ended: when, and by which proof of the SPE. A key is shredded after the proof, at most six months after
-- the end; the clock of that is here, since Permit's answers are never stored.
ALTER TABLE pseudonymisation.lineages
    ADD COLUMN revoked_at     timestamptz,
    ADD COLUMN ends_at        timestamptz,
    ADD COLUMN deletion_proof text;                -- the SPE's JWS
