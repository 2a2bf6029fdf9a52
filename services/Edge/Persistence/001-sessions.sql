-- Sessions of people at the Edge. What a database dump shows is no cookie (only its hash) and no token (ticket and
-- tokens are encrypted by a key ring outside the database).
CREATE SCHEMA edge;

CREATE TABLE edge.sessions (
    key_hash   bytea       PRIMARY KEY,
    ticket     bytea       NOT NULL,
    tokens     bytea       NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK (length(key_hash) = 32)
);

CREATE INDEX sessions_expires_at ON edge.sessions (expires_at);

GRANT USAGE ON SCHEMA edge TO edge;
GRANT SELECT, INSERT, UPDATE, DELETE ON edge.sessions TO edge;
