-- The signed record of a shredding outlives the key: it names every place where the key was.
ALTER TABLE pseudonymisation.lineages ADD COLUMN shred_record text;
