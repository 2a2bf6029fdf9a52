CREATE SCHEMA pseudonymisation;
GRANT USAGE ON SCHEMA pseudonymisation TO __RUNTIME__;

-- The newest version of each lineage that was seen; a lineage whose key was shredded never gets another.
CREATE TABLE pseudonymisation.lineages (
    lineage       varchar(40) PRIMARY KEY,
    version       int         NOT NULL,
    digest        char(64)    NOT NULL,
    applicant_sub varchar(100) NOT NULL,
    applicant_org varchar(20) NOT NULL,
    shredded_at   timestamptz
);

CREATE TABLE pseudonymisation.orders (
    digest       char(64)    PRIMARY KEY,
    lineage      varchar(40) NOT NULL REFERENCES pseudonymisation.lineages,
    source       varchar(40) NOT NULL,
    holder       varchar(40) NOT NULL,
    order_text   text        NOT NULL,
    permit_text  text        NOT NULL,
    permit_version int       NOT NULL,
    budget       bigint      NOT NULL,
    state        varchar(20) NOT NULL CHECK (state IN ('open', 'closing', 'closed')),
    closing_text text,
    outcome      varchar(20),
    tokens_agree boolean,
    registered_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX one_open_order ON pseudonymisation.orders (lineage, source) WHERE state <> 'closed';

-- One row per part of identifiers. Where it ended stands here under the order's token key, so that parts ascend; it is
-- worth nothing without the permit key, which is not in any database. The sum is over person tokens (of a part with one
-- person it is that person's token, which holder and Gateway have anyway).
CREATE TABLE pseudonymisation.parts (
    order_digest char(64) NOT NULL REFERENCES pseudonymisation.orders,
    part         int      NOT NULL,
    seal_digest  char(64) NOT NULL,
    sha256       char(64) NOT NULL,
    records      bigint   NOT NULL,
    issued       bigint   NOT NULL,
    withheld     bigint   NOT NULL,
    invalid      bigint   NOT NULL,
    token_sum    char(32) NOT NULL,
    last_record  bytea    NOT NULL,
    PRIMARY KEY (order_digest, part)
);

CREATE TABLE pseudonymisation.rekeys (
    order_digest char(64) NOT NULL REFERENCES pseudonymisation.orders,
    batch        int      NOT NULL,
    sha256       char(64) NOT NULL,
    records      bigint   NOT NULL,
    token_sum    char(32) NOT NULL,
    last_token   bytea    NOT NULL,
    PRIMARY KEY (order_digest, batch)
);

GRANT SELECT, INSERT, UPDATE ON pseudonymisation.lineages, pseudonymisation.orders TO __RUNTIME__;
GRANT SELECT, INSERT ON pseudonymisation.parts, pseudonymisation.rekeys TO __RUNTIME__;
