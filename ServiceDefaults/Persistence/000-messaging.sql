-- Outbox, inbox and remembered answers; the same in every service's own database.
-- __RUNTIME__ is the service's role without DDL (Setup replaces it).
CREATE SCHEMA messaging;
GRANT USAGE ON SCHEMA messaging TO __RUNTIME__;

CREATE TABLE messaging.outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id    uuid        NOT NULL UNIQUE,
    contract      varchar(200) NOT NULL,
    payload       text        NOT NULL,           -- byte for byte what is sent
    trace_parent  varchar(64),
    occurred_at   timestamptz NOT NULL,
    not_before    timestamptz,                    -- durable scheduling
    number        bigint UNIQUE,                  -- per publisher, given just before publishing: a gap means a loss
    attempts      int         NOT NULL DEFAULT 0,
    dispatched_at timestamptz,
    parked_at     timestamptz,
    last_error    varchar(200)                    -- exception type, never its text
);
CREATE INDEX outbox_waiting ON messaging.outbox (id) WHERE dispatched_at IS NULL AND parked_at IS NULL;
CREATE INDEX outbox_parked ON messaging.outbox (id) WHERE parked_at IS NOT NULL;

CREATE TABLE messaging.inbox (
    message_id  uuid         NOT NULL,
    consumer    varchar(200) NOT NULL,
    received_at timestamptz  NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, consumer)
);

CREATE TABLE messaging.idempotency (
    caller       varchar(100) NOT NULL,
    operation    varchar(200) NOT NULL,
    key          varchar(100) NOT NULL,
    request_hash bytea        NOT NULL,
    status       int,
    content_type varchar(100),
    location     varchar(500),
    body         bytea,
    created_at   timestamptz  NOT NULL DEFAULT now(),
    PRIMARY KEY (caller, operation, key)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON messaging.outbox, messaging.inbox, messaging.idempotency TO __RUNTIME__;
