-- The audit log: an append-only chain. Each entry's hash covers the entry before it, so that a change or a removal
-- anywhere but at the end shows; the signed heads outside this database show a cut at the end.
CREATE SCHEMA audit;
GRANT USAGE ON SCHEMA audit TO __RUNTIME__;

CREATE TABLE audit.entries (
    sequence      bigint       PRIMARY KEY,
    publisher     varchar(100) NOT NULL,
    number        bigint,                      -- the publisher's own running number: a gap means a loss
    message_id    uuid         NOT NULL,
    contract      varchar(200) NOT NULL,
    occurred_at   timestamptz  NOT NULL,
    recorded_at   timestamptz  NOT NULL,
    payload       text         NOT NULL,       -- byte for byte as it came: an event's JSON or a party's signed entry
    previous_hash bytea        NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash          bytea        NOT NULL CHECK (octet_length(hash) = 32),
    UNIQUE (publisher, message_id),
    UNIQUE (publisher, number)
);

CREATE FUNCTION audit.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit.entries is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.entries
    FOR EACH ROW EXECUTE FUNCTION audit.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON audit.entries
    FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();

GRANT SELECT, INSERT ON audit.entries TO __RUNTIME__;
