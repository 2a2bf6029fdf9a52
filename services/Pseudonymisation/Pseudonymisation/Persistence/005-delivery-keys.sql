-- Whether an SPE was ever given what it could open a delivery with: only then has it anything to delete and to prove.
-- What is here already counts as delivered.
ALTER TABLE pseudonymisation.lineages ADD COLUMN delivery_key_at timestamptz;
UPDATE pseudonymisation.lineages SET delivery_key_at = now();
