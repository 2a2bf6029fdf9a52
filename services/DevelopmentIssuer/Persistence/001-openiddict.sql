-- The development issuer's tables: written by EF Core's GenerateCreateScript() from IssuerDbContext (a test compares
-- the two), applied by Setup as issuer_owner. The running issuer, role issuer, has no right to change them.
DO $EF$
BEGIN
    IF NOT EXISTS(SELECT 1 FROM pg_namespace WHERE nspname = 'issuer') THEN
        CREATE SCHEMA issuer;
    END IF;
END $EF$;


CREATE TABLE issuer.applications (
    id text NOT NULL,
    application_type character varying(50),
    client_id character varying(100),
    client_secret text,
    client_type character varying(50),
    concurrency_token character varying(50),
    consent_type character varying(50),
    display_name text,
    display_names text,
    json_web_key_set text,
    permissions text,
    post_logout_redirect_uris text,
    properties text,
    redirect_uris text,
    requirements text,
    settings text,
    CONSTRAINT pk_applications PRIMARY KEY (id)
);


CREATE TABLE issuer.scopes (
    id text NOT NULL,
    concurrency_token character varying(50),
    description text,
    descriptions text,
    display_name text,
    display_names text,
    name character varying(200),
    properties text,
    resources text,
    CONSTRAINT pk_scopes PRIMARY KEY (id)
);


CREATE TABLE issuer.sessions (
    id uuid NOT NULL,
    subject character varying(64) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT pk_sessions PRIMARY KEY (id)
);


CREATE TABLE issuer.used_assertions (
    client_id character varying(100) NOT NULL,
    jti character varying(128) NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_used_assertions PRIMARY KEY (client_id, jti)
);


CREATE TABLE issuer.authorizations (
    id text NOT NULL,
    application_id text,
    concurrency_token character varying(50),
    creation_date timestamp with time zone,
    properties text,
    scopes text,
    status character varying(50),
    subject character varying(400),
    type character varying(50),
    CONSTRAINT pk_authorizations PRIMARY KEY (id),
    CONSTRAINT fk_authorizations_applications_application_id FOREIGN KEY (application_id) REFERENCES issuer.applications (id)
);


CREATE TABLE issuer.session_authorizations (
    session_id uuid NOT NULL,
    authorization_id character varying(64) NOT NULL,
    CONSTRAINT pk_session_authorizations PRIMARY KEY (session_id, authorization_id),
    CONSTRAINT fk_session_authorizations_sessions_session_id FOREIGN KEY (session_id) REFERENCES issuer.sessions (id) ON DELETE CASCADE
);


CREATE TABLE issuer.tokens (
    id text NOT NULL,
    application_id text,
    authorization_id text,
    concurrency_token character varying(50),
    creation_date timestamp with time zone,
    expiration_date timestamp with time zone,
    payload text,
    properties text,
    redemption_date timestamp with time zone,
    reference_id character varying(100),
    status character varying(50),
    subject character varying(400),
    type character varying(150),
    CONSTRAINT pk_tokens PRIMARY KEY (id),
    CONSTRAINT fk_tokens_applications_application_id FOREIGN KEY (application_id) REFERENCES issuer.applications (id),
    CONSTRAINT fk_tokens_authorizations_authorization_id FOREIGN KEY (authorization_id) REFERENCES issuer.authorizations (id)
);


CREATE UNIQUE INDEX ix_applications_client_id ON issuer.applications (client_id);


CREATE INDEX ix_authorizations_application_id_status_subject_type ON issuer.authorizations (application_id, status, subject, type);


CREATE UNIQUE INDEX ix_scopes_name ON issuer.scopes (name);


CREATE INDEX ix_tokens_application_id_status_subject_type ON issuer.tokens (application_id, status, subject, type);


CREATE INDEX ix_tokens_authorization_id ON issuer.tokens (authorization_id);


CREATE UNIQUE INDEX ix_tokens_reference_id ON issuer.tokens (reference_id);


CREATE INDEX ix_used_assertions_expires_at ON issuer.used_assertions (expires_at);


GRANT USAGE ON SCHEMA issuer TO issuer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA issuer TO issuer;
