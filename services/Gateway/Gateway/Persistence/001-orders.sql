-- Orders and their parts. Rows of data are never here: they are Crypt4GH files under Data__Directory.
-- __RUNTIME__ is the service's role without DDL (Setup replaces it).
CREATE SCHEMA gateway;
GRANT USAGE ON SCHEMA gateway TO __RUNTIME__;

CREATE TABLE gateway.orders (
    id                varchar(64)  PRIMARY KEY,
    lineage           varchar(64)  NOT NULL,
    source            varchar(40)  NOT NULL,
    attempt           int          NOT NULL CHECK (attempt >= 1),   -- 1, and one more for each renewal
    holder            varchar(40)  NOT NULL,
    spe               varchar(40)  NOT NULL,
    persons           text[]       NOT NULL,                        -- sub of those whom the permit names
    permit            text         NOT NULL,                        -- JWS
    permit_digest     char(64)     NOT NULL,
    permit_version    int          NOT NULL,
    state             varchar(20)  NOT NULL,
    version           int          NOT NULL,
    trace_parent      varchar(64),
    created_at        timestamptz  NOT NULL,
    changed_at        timestamptz  NOT NULL,
    due               timestamptz  NOT NULL,
    document          text,                                         -- JWS, once signed
    digest            char(64),
    closing           text,                                         -- the holder's JWS
    closing_digest    char(64),
    spe_key           text,                                         -- the SPE's JWS that this delivery keeps to
    manifest          text,                                         -- JWS
    manifest_digest   char(64),
    delivery_key_seal text,                                         -- JWS by Pseudonymisation
    delivery_key_box  text,                                         -- base64 of a Crypt4GH file to the SPE
    receipt           text,                                         -- the SPE's JWS
    receipt_digest    char(64),
    rows              bigint,
    persons_delivered bigint,
    parts_repeated    int          NOT NULL DEFAULT 0,
    rejection_code    varchar(40),
    rejection_part    int,
    rejection_line    bigint,
    rejection_column  varchar(40),
    erased_at         timestamptz,                                  -- upload key and files are gone
    CHECK (state IN ('issuing', 'issued', 'receiving', 'closed', 'preparing', 'delivering', 'delivered', 'rejected')),
    CHECK ((state = 'rejected') = (rejection_code IS NOT NULL)),
    CHECK (state IN ('issuing', 'rejected') OR digest IS NOT NULL),
    CHECK (state <> 'delivered' OR (receipt IS NOT NULL AND erased_at IS NOT NULL)),
    UNIQUE (lineage, source, attempt)
);
-- One open order per permit and source.
CREATE UNIQUE INDEX orders_open ON gateway.orders (lineage, source) WHERE state NOT IN ('delivered', 'rejected');
CREATE UNIQUE INDEX orders_digest ON gateway.orders (digest);
CREATE INDEX orders_holder ON gateway.orders (holder, id);
CREATE INDEX orders_persons ON gateway.orders USING gin (persons);
CREATE INDEX orders_work ON gateway.orders (id)
    WHERE state IN ('issuing', 'closed', 'preparing', 'delivering') OR (state = 'rejected' AND erased_at IS NULL);

-- What the holder sent: one row per part, made when it is whole and its SHA-256 is the seal's.
CREATE TABLE gateway.parts (
    order_id     varchar(64) NOT NULL REFERENCES gateway.orders (id),
    part         int         NOT NULL CHECK (part >= 1),
    seal         text        NOT NULL,                              -- the holder's JWS
    rows         bigint      NOT NULL,
    length       bigint      NOT NULL,
    sha256       char(64)    NOT NULL,
    received_at  timestamptz NOT NULL,
    PRIMARY KEY (order_id, part)
);

-- What is made for the SPE of each part. The row commits when the file is whole and flushed. No token is kept: where
-- a part must begin above the one before, that one is opened again.
CREATE TABLE gateway.delivery_parts (
    order_id     varchar(64) NOT NULL REFERENCES gateway.orders (id),
    part         int         NOT NULL CHECK (part >= 1),
    seal         text        NOT NULL,                              -- Gateway's JWS
    rows         bigint      NOT NULL,
    outside      bigint      NOT NULL,                              -- rows of persons outside the cohort: left out
    persons      bigint      NOT NULL,
    length       bigint      NOT NULL,
    sha256       char(64)    NOT NULL,
    batches      int         NOT NULL,                              -- re-key batches, numbered on over the order
    made_at      timestamptz NOT NULL,
    pushed_at    timestamptz,
    PRIMARY KEY (order_id, part)
);

-- The newest version of each lineage that was seen; an older one, or a second successor, is refused.
CREATE TABLE gateway.lineages (
    lineage       varchar(64)  PRIMARY KEY,
    version       int          NOT NULL,
    digest        char(64)     NOT NULL,
    applicant_sub varchar(200) NOT NULL,
    applicant_org varchar(40)  NOT NULL,
    document      text         NOT NULL           -- JWS of that version, for renewed orders
);

GRANT SELECT, INSERT, UPDATE ON gateway.orders, gateway.lineages TO __RUNTIME__;
GRANT SELECT, INSERT, UPDATE, DELETE ON gateway.parts, gateway.delivery_parts TO __RUNTIME__;

-- An order that ended stays as it ended.
CREATE FUNCTION gateway.keep_ended_orders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('delivered', 'rejected')
       AND (NEW.state, NEW.version, NEW.receipt, NEW.manifest, NEW.rejection_code)
           IS DISTINCT FROM (OLD.state, OLD.version, OLD.receipt, OLD.manifest, OLD.rejection_code) THEN
        RAISE EXCEPTION 'order % has ended', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_ended_orders BEFORE UPDATE ON gateway.orders
    FOR EACH ROW EXECUTE FUNCTION gateway.keep_ended_orders();
