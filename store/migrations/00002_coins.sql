-- +goose Up

-- Projections for proofs of coins, and of what was refused. Like the others they are made from the entries: a database that
-- had entries before gets its rows when the writer opens it.

-- A claim that was refused leaves no second entry.
CREATE TABLE refused_claims (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32), -- of its address, text, signature and reason
    entry  INTEGER NOT NULL REFERENCES entries
) STRICT, WITHOUT ROWID;

CREATE TABLE proofs (
    received INTEGER PRIMARY KEY REFERENCES entries,
    at       INTEGER NOT NULL, -- Unix seconds
    account  TEXT NOT NULL,
    oxen     TEXT NOT NULL,
    claim    INTEGER REFERENCES claims (entry),
    pending  TEXT, -- JSON, the claim that came with the proof
    height   ANY NOT NULL,
    outputs  ANY NOT NULL,
    proof    BLOB NOT NULL CHECK (length(proof) = 32),
    text     TEXT NOT NULL,
    status   TEXT NOT NULL CHECK (status IN ('received', 'accepted', 'refused', 'freed')),
    judged   INTEGER REFERENCES entries,
    failed   TEXT NOT NULL, -- the check that refused it
    counted  ANY NOT NULL,
    total    ANY NOT NULL,
    staked   ANY NOT NULL,
    CHECK ((claim IS NULL) IS NOT (pending IS NULL))
) STRICT;
CREATE INDEX proofs_by_account ON proofs (account, received);
CREATE INDEX proofs_by_digest ON proofs (account, proof, received);

-- Key images of counted outputs. None can be counted twice, whatever the code believes.
CREATE TABLE key_images (
    image    BLOB PRIMARY KEY CHECK (length(image) = 32),
    received INTEGER NOT NULL REFERENCES proofs
) STRICT, WITHOUT ROWID;
CREATE INDEX key_images_by_proof ON key_images (received);
