-- Secure processing environments (EHDS 73): where they are, what they declare, who approved them until when.
CREATE SCHEMA speregistry;
GRANT USAGE ON SCHEMA speregistry TO __RUNTIME__;

CREATE TABLE speregistry.environments (
    party                   varchar(40)  PRIMARY KEY,
    version                 int          NOT NULL,     -- grows with every change
    name                    varchar(200) NOT NULL,
    org                     char(9)      NOT NULL,     -- never changes: approval hangs on whose it is
    ingress_url             varchar(500) NOT NULL,
    door_url                varchar(500) NOT NULL,
    encryption_key          text         NOT NULL,     -- spe-key JWS
    encryption_key_sequence int          NOT NULL,
    registered_at           timestamptz  NOT NULL,
    changed_at              timestamptz  NOT NULL
);

CREATE TABLE speregistry.declarations (
    party            varchar(40)  NOT NULL REFERENCES speregistry.environments,
    number           int          NOT NULL CHECK (number >= 1),
    criteria_version varchar(20)  NOT NULL,
    answers          text         NOT NULL,            -- JSON, in the order of the criteria
    declared_at      timestamptz  NOT NULL,
    declared_by      varchar(100) NOT NULL,            -- sub
    PRIMARY KEY (party, number)
);

CREATE TABLE speregistry.rulings (
    party          varchar(40)   NOT NULL,
    number         int           NOT NULL CHECK (number >= 1),
    kind           varchar(20)   NOT NULL CHECK (kind IN ('approved', 'suspended')),
    declaration    int           NOT NULL,
    until          timestamptz,
    reasons        varchar(4000) NOT NULL,
    ruled_at       timestamptz   NOT NULL,
    ruled_by       varchar(100)  NOT NULL,             -- sub
    ruled_by_org   char(9)       NOT NULL,
    PRIMARY KEY (party, number),
    FOREIGN KEY (party, declaration) REFERENCES speregistry.declarations (party, number),
    CHECK ((kind = 'approved') = (until IS NOT NULL))
);

CREATE FUNCTION speregistry.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% does not allow this', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON speregistry.declarations
    FOR EACH ROW EXECUTE FUNCTION speregistry.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON speregistry.declarations
    FOR EACH STATEMENT EXECUTE FUNCTION speregistry.refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON speregistry.rulings
    FOR EACH ROW EXECUTE FUNCTION speregistry.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON speregistry.rulings
    FOR EACH STATEMENT EXECUTE FUNCTION speregistry.refuse();
CREATE TRIGGER keeps_org BEFORE UPDATE ON speregistry.environments
    FOR EACH ROW WHEN (OLD.org <> NEW.org OR NEW.version <= OLD.version) EXECUTE FUNCTION speregistry.refuse();

GRANT SELECT, INSERT, UPDATE ON speregistry.environments TO __RUNTIME__;
GRANT SELECT, INSERT ON speregistry.declarations, speregistry.rulings TO __RUNTIME__;
