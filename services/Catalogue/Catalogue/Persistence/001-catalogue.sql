-- Descriptions of sources; a version is never changed (EHDS 60(3): what a user applied for stays readable).
CREATE SCHEMA catalogue;
GRANT USAGE ON SCHEMA catalogue TO __RUNTIME__;

-- Whose a source and a holder is: the first organisation that published it. Another one cannot take it over.
CREATE TABLE catalogue.sources (
    source     varchar(40) PRIMARY KEY,
    holder_org char(9)     NOT NULL
);
CREATE TABLE catalogue.holders (
    holder     varchar(40) PRIMARY KEY,
    holder_org char(9)     NOT NULL
);

CREATE TABLE catalogue.descriptions (
    source       varchar(40)  NOT NULL REFERENCES catalogue.sources,
    version      int          NOT NULL CHECK (version >= 1),
    holder       varchar(40)  NOT NULL REFERENCES catalogue.holders,
    holder_org   char(9)      NOT NULL,
    body         text         NOT NULL,     -- JSON, members in the model's order: equal text is an equal description
    search_text  text         NOT NULL,     -- lower case: titles, descriptions, keywords, variables
    published_at timestamptz  NOT NULL,
    published_by varchar(100) NOT NULL,     -- sub
    PRIMARY KEY (source, version)
);

CREATE FUNCTION catalogue.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON catalogue.descriptions
    FOR EACH ROW EXECUTE FUNCTION catalogue.refuse();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON catalogue.descriptions
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue.refuse();

GRANT SELECT, INSERT ON catalogue.sources, catalogue.holders, catalogue.descriptions TO __RUNTIME__;
