-- +goose Up

-- Attempts know when they were signed. Like every projection they are made anew when the writer opens the database.
-- SQLite adds no NOT NULL column without a default to a table, so all of it is written again.
DROP TABLE attempts;
CREATE TABLE attempts (
    entry    INTEGER PRIMARY KEY REFERENCES entries,
    hash     BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    purpose  TEXT NOT NULL,
    round    ANY NOT NULL,
    plan     ANY NOT NULL,
    batch    ANY NOT NULL,
    attempt  ANY NOT NULL,
    chain_id ANY NOT NULL,
    sender   BLOB NOT NULL CHECK (length(sender) = 20),
    nonce    ANY NOT NULL,
    raw      BLOB NOT NULL CHECK (length(raw) = 32),
    amount   ANY NOT NULL,
    gas_fee  ANY NOT NULL,
    status   TEXT NOT NULL CHECK (status IN ('signed', 'mined', 'finalized', 'failed')),
    last_entry INTEGER NOT NULL REFERENCES entries,
    at       INTEGER NOT NULL, -- Unix seconds
    UNIQUE (purpose, round, plan, batch, attempt),
    UNIQUE (chain_id, sender, nonce, attempt)
) STRICT;
