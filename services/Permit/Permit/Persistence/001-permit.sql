-- Applications as append-only events, with a projection that is written in the same transaction and can be rebuilt.
CREATE SCHEMA permit;
GRANT USAGE ON SCHEMA permit TO __RUNTIME__;

CREATE TABLE permit.application_events (
    application_id uuid         NOT NULL,
    sequence       int          NOT NULL CHECK (sequence > 0),
    type           varchar(50)  NOT NULL,
    payload        text         NOT NULL,
    at             timestamptz  NOT NULL,
    actor          varchar(100) NOT NULL,          -- sub
    PRIMARY KEY (application_id, sequence)         -- two writers at once: the second one fails
);

CREATE FUNCTION permit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON permit.application_events
    FOR EACH STATEMENT EXECUTE FUNCTION permit.refuse_change();

CREATE TABLE permit.applications (
    id            uuid         PRIMARY KEY,
    version       int          NOT NULL,
    state         varchar(50)  NOT NULL,
    applicant_sub varchar(100) NOT NULL,
    applicant_org varchar(20)  NOT NULL,
    title         varchar(4000),
    purpose       varchar(200),
    drafted_at    timestamptz  NOT NULL,
    submitted_at  timestamptz
);
CREATE INDEX applications_of_applicant ON permit.applications (applicant_sub, id);

CREATE TABLE permit.cases (
    id             uuid         PRIMARY KEY,
    application_id uuid         NOT NULL REFERENCES permit.applications,
    authority      varchar(50)  NOT NULL,
    profile        varchar(50)  NOT NULL,
    state          varchar(50)  NOT NULL,
    opened_at      timestamptz  NOT NULL,
    preparer       varchar(100),
    outcome        varchar(20),
    reasons        text,
    decided_at     timestamptz,
    decided_by     varchar(100),
    published_at   timestamptz,
    CHECK (decided_by IS NULL OR decided_by <> preparer)      -- four eyes, here too
);
CREATE INDEX cases_of_authority ON permit.cases (authority, id);
CREATE INDEX cases_published ON permit.cases (published_at) WHERE published_at IS NOT NULL;

CREATE TABLE permit.clocks (
    case_id           uuid        NOT NULL REFERENCES permit.cases,
    number            int         NOT NULL,
    rule              varchar(20) NOT NULL,
    started_at        timestamptz NOT NULL,
    extended_at       timestamptz,
    extension_reasons text,
    due_at            timestamptz,                 -- null while suspended
    ended_at          timestamptz,
    PRIMARY KEY (case_id, number)
);
CREATE INDEX clocks_running ON permit.clocks (due_at) WHERE ended_at IS NULL;

CREATE TABLE permit.clock_suspensions (
    case_id uuid         NOT NULL,
    clock   int          NOT NULL,
    number  int          NOT NULL,
    from_at timestamptz  NOT NULL,
    to_at   timestamptz,
    reason  varchar(100) NOT NULL,
    PRIMARY KEY (case_id, clock, number),
    FOREIGN KEY (case_id, clock) REFERENCES permit.clocks
);

CREATE TABLE permit.permits (
    lineage        varchar(40)  NOT NULL CHECK (lineage ~ '^[a-z0-9-]{8,40}$'),
    version        int          NOT NULL,
    application_id uuid         NOT NULL REFERENCES permit.applications,
    authority      varchar(50)  NOT NULL,
    digest         char(64)     NOT NULL UNIQUE,
    document       text         NOT NULL,          -- JWS
    issued_at      timestamptz  NOT NULL,
    from_at        timestamptz  NOT NULL,
    to_at          timestamptz  NOT NULL,
    title          varchar(4000) NOT NULL,
    org            varchar(20)  NOT NULL,
    purpose        varchar(200) NOT NULL,
    legal_basis    varchar(200) NOT NULL,
    spe            varchar(40)  NOT NULL,
    sources        text[]       NOT NULL,
    holders        text[]       NOT NULL,
    persons        text[]       NOT NULL,
    revoked_at     timestamptz,
    PRIMARY KEY (lineage, version)
);
CREATE INDEX permits_of_application ON permit.permits (application_id);

GRANT SELECT, INSERT ON permit.application_events TO __RUNTIME__;
GRANT SELECT, INSERT, UPDATE ON permit.applications, permit.cases, permit.clocks, permit.clock_suspensions, permit.permits TO __RUNTIME__;
