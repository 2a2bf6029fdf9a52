-- Persons stand here as E(registerKey, block) alone: 16 bytes that nobody can turn back, or compare with anything, without
-- a key that is in no database.

-- Which key that is, so that a lost or another one is found before anything is judged with it.
CREATE TABLE pseudonymisation.register_key (
    id        int   PRIMARY KEY CHECK (id = 1),
    key_check bytea NOT NULL
);

-- Who opted out of secondary use, and back in (EHDS 71): every declaration for ever, in the order in which they count.
CREATE TABLE pseudonymisation.opt_out_declarations (
    number bigint       PRIMARY KEY CHECK (number >= 1),   -- without a gap
    person bytea        NOT NULL CHECK (length(person) = 16),
    choice varchar(3)   NOT NULL CHECK (choice IN ('out', 'in')),
    source varchar(20)  NOT NULL CHECK (source IN ('citizen')),
    at     timestamptz  NOT NULL,                          -- never before the one before
    chain  bytea        NOT NULL CHECK (length(chain) = 32)
);
CREATE INDEX declarations_of ON pseudonymisation.opt_out_declarations (person, number);
CREATE INDEX declarations_at ON pseudonymisation.opt_out_declarations (at);

-- The list as each decision took it: named by its last declaration's number, committed to under a salt of its own.
CREATE TABLE pseudonymisation.opt_out_lists (
    decision   varchar(64) PRIMARY KEY,
    list       bigint      NOT NULL CHECK (list >= 0),
    salt       bytea       NOT NULL CHECK (length(salt) = 32),
    commitment char(64)    NOT NULL UNIQUE,
    taken_at   timestamptz NOT NULL,
    lineage    varchar(40)                                 -- the one whose permit named it first
);

-- What the population register said, in its order.
CREATE TABLE pseudonymisation.population_batches (
    batch        int         PRIMARY KEY CHECK (batch >= 1),
    sha256       char(64)    NOT NULL,
    records      bigint      NOT NULL,
    last_change  bigint      NOT NULL,
    taken_at     timestamptz NOT NULL
);
CREATE TABLE pseudonymisation.population_changes (
    number bigint  PRIMARY KEY CHECK (number >= 1),        -- without a gap
    kind   char(1) NOT NULL CHECK (kind IN ('N', 'D', 'P', 'O')),
    date   date    NOT NULL,
    person bytea   NOT NULL CHECK (length(person) = 16),
    other  bytea   CHECK (length(other) = 16),
    CHECK ((kind = 'N') = (other IS NOT NULL))
);
CREATE INDEX changes_of_number ON pseudonymisation.population_changes (number) WHERE kind = 'N';
CREATE INDEX changes_of_person ON pseudonymisation.population_changes (person) WHERE kind = 'N';
CREATE INDEX changes_of_other ON pseudonymisation.population_changes (other) WHERE kind = 'N';
CREATE INDEX changes_of_address ON pseudonymisation.population_changes (number) WHERE kind IN ('P', 'O');

-- What the SPE of a lineage was told of persons that became one.
CREATE TABLE pseudonymisation.aliases (
    lineage     varchar(40) NOT NULL REFERENCES pseudonymisation.lineages,
    number      int         NOT NULL CHECK (number >= 1),
    from_change bigint      NOT NULL,                      -- exclusive
    to_change   bigint      NOT NULL,
    records     bigint      NOT NULL,
    at          timestamptz NOT NULL,
    PRIMARY KEY (lineage, number)
);

-- The identity history as it was at the lineage's first order, and how far its aliases have come.
ALTER TABLE pseudonymisation.lineages
    ADD COLUMN history_through bigint NOT NULL DEFAULT 0,
    ADD COLUMN alias_through   bigint NOT NULL DEFAULT 0;

-- The list that the permit names for the source, and the population as it was at the order's first part.
ALTER TABLE pseudonymisation.orders
    ADD COLUMN opt_out_list       bigint NOT NULL DEFAULT 0,
    ADD COLUMN population_through bigint;

CREATE FUNCTION pseudonymisation.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% does not allow this', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pseudonymisation.opt_out_declarations
    FOR EACH ROW EXECUTE FUNCTION pseudonymisation.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON pseudonymisation.opt_out_declarations
    FOR EACH STATEMENT EXECUTE FUNCTION pseudonymisation.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON pseudonymisation.population_changes
    FOR EACH ROW EXECUTE FUNCTION pseudonymisation.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON pseudonymisation.population_changes
    FOR EACH STATEMENT EXECUTE FUNCTION pseudonymisation.refuse();
CREATE TRIGGER keeps_what_it_said BEFORE UPDATE ON pseudonymisation.opt_out_lists
    FOR EACH ROW WHEN (
        OLD.decision <> NEW.decision OR OLD.list <> NEW.list OR OLD.commitment <> NEW.commitment OR OLD.salt <> NEW.salt
        OR OLD.lineage IS NOT NULL AND OLD.lineage IS DISTINCT FROM NEW.lineage
    ) EXECUTE FUNCTION pseudonymisation.refuse();

GRANT SELECT, INSERT ON pseudonymisation.register_key, pseudonymisation.opt_out_declarations,
    pseudonymisation.population_batches, pseudonymisation.population_changes, pseudonymisation.aliases TO __RUNTIME__;
GRANT SELECT, INSERT, UPDATE ON pseudonymisation.opt_out_lists TO __RUNTIME__;
