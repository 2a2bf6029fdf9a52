-- Several authorities over one application: a case for each, approvals beside them, versions of one permit, its end, and
-- what left its room.
ALTER TABLE permit.applications ADD COLUMN legal_basis varchar(200);

ALTER TABLE permit.cases
    ADD COLUMN sources            text[] NOT NULL DEFAULT '{}',
    ADD COLUMN revoked_at         timestamptz,
    ADD COLUMN revocation_reasons text;
CREATE INDEX cases_of_application ON permit.cases (application_id);
CREATE UNIQUE INDEX one_case_of_an_authority ON permit.cases (application_id, authority);

CREATE TABLE permit.case_stages (
    case_id uuid        NOT NULL REFERENCES permit.cases,
    number  int         NOT NULL,
    stage   varchar(50) NOT NULL,
    from_at timestamptz NOT NULL,
    to_at   timestamptz,                           -- null while it lasts
    PRIMARY KEY (case_id, number)
);

CREATE TABLE permit.approvals (
    application_id uuid         NOT NULL REFERENCES permit.applications,
    kind           varchar(50)  NOT NULL,
    authority      varchar(50)  NOT NULL,
    required_at    timestamptz  NOT NULL,
    outcome        varchar(20),
    reasons        text,
    decided_at     timestamptz,
    decided_by     varchar(100),
    PRIMARY KEY (application_id, kind)
);
CREATE INDEX approvals_of_authority ON permit.approvals (authority, application_id);

ALTER TABLE permit.permits
    ADD COLUMN authorities text[] NOT NULL DEFAULT '{}',
    ADD COLUMN deleted_at  timestamptz,
    ADD COLUMN shredded_at timestamptz;
-- A permit signed before does not say who decided on each source: no verifier takes it, so it has ended.
UPDATE permit.permits SET authorities = ARRAY[authority], revoked_at = coalesce(revoked_at, now());
ALTER TABLE permit.permits DROP COLUMN authority;
UPDATE permit.cases c SET sources = p.sources FROM permit.permits p WHERE p.application_id = c.application_id;
UPDATE permit.applications a SET legal_basis = p.legal_basis FROM permit.permits p WHERE p.application_id = a.id;

CREATE TABLE permit.releases (
    digest      char(64)    PRIMARY KEY,
    lineage     varchar(40) NOT NULL,
    request     varchar(64) NOT NULL,              -- the environment's id of what was asked to leave
    document    text        NOT NULL,              -- JWS
    released_at timestamptz NOT NULL,
    UNIQUE (lineage, request)
);
CREATE INDEX releases_in_order ON permit.releases (released_at, digest);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON permit.releases
    FOR EACH STATEMENT EXECUTE FUNCTION permit.refuse_change();

GRANT SELECT, INSERT, UPDATE ON permit.case_stages, permit.approvals TO __RUNTIME__;
GRANT SELECT, INSERT ON permit.releases TO __RUNTIME__;
