CREATE INDEX allocations_by_account ON allocations (account, programme, round, amount);

CREATE INDEX allocations_by_recipient ON allocations (recipient, round, amount);

CREATE INDEX attachments_by_entry ON attachments (entry, digest);

CREATE INDEX balances_by_account ON balances (account, height);

CREATE INDEX key_images_by_proof ON key_images (received);

CREATE INDEX logs_by_block ON logs (block, entry);

CREATE INDEX payouts_by_recipient ON payouts (recipient, entry);

CREATE INDEX proofs_by_account ON proofs (account, received);

CREATE INDEX proofs_by_digest ON proofs (account, proof, received);

CREATE TABLE addresses (
    id      INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE allocations (
    round        INTEGER NOT NULL,
    account      TEXT NOT NULL,
    programme    TEXT NOT NULL,
    line         INTEGER NOT NULL, -- in the list, from 0
    recipient    BLOB NOT NULL CHECK (length(recipient) = 20),
    claim        INTEGER NOT NULL,
    parts        TEXT NOT NULL, -- JSON
    owed         INTEGER NOT NULL CHECK (owed > 0),
    remainder    TEXT NOT NULL,
    den          TEXT NOT NULL,
    given_before INTEGER NOT NULL CHECK (given_before >= 0),
    amount       INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (round, account, programme)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachments (
    id     INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    entry  INTEGER NOT NULL REFERENCES entries, -- the first that names it
    size   INTEGER NOT NULL,                    -- bytes before compression
    stored BLOB NOT NULL
) STRICT;

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
    at       INTEGER NOT NULL, noop INTEGER NOT NULL DEFAULT 0 CHECK (noop IN (0, 1)), -- Unix seconds
    UNIQUE (purpose, round, plan, batch, attempt),
    UNIQUE (chain_id, sender, nonce, attempt)
) STRICT;

CREATE TABLE balances (
    height  ANY NOT NULL,
    account TEXT NOT NULL,
    address INTEGER NOT NULL REFERENCES addresses,
    staked  ANY NOT NULL,
    rewards ANY NOT NULL,
    PRIMARY KEY (height, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE claims (
    account    TEXT NOT NULL,
    sequence   INTEGER NOT NULL CHECK (sequence BETWEEN 0 AND 999999),
    oxen       TEXT NOT NULL,
    recipient  BLOB NOT NULL CHECK (length(recipient) = 20),
    text       TEXT NOT NULL,
    signature  TEXT NOT NULL,
    until      INTEGER, -- Unix seconds; NULL: legacy
    entry      INTEGER NOT NULL UNIQUE REFERENCES entries,
    integrated INTEGER NOT NULL CHECK (integrated IN (0, 1)),
    PRIMARY KEY (account, sequence)
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    seq   INTEGER PRIMARY KEY,
    entry TEXT NOT NULL
) STRICT;

CREATE TABLE hashes (
    number INTEGER PRIMARY KEY,
    hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TABLE key_images (
    image    BLOB PRIMARY KEY CHECK (length(image) = 32),
    received INTEGER NOT NULL REFERENCES proofs
) STRICT, WITHOUT ROWID;

CREATE TABLE logs (
    entry      INTEGER PRIMARY KEY REFERENCES entries,
    tx         BLOB NOT NULL CHECK (length(tx) = 32),
    log_index  ANY NOT NULL,
    block      ANY NOT NULL,
    block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
    UNIQUE (tx, log_index)
) STRICT;

CREATE TABLE migration (
    part  TEXT PRIMARY KEY,
    value TEXT NOT NULL -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE payouts (
    entry      INTEGER PRIMARY KEY REFERENCES entries,
    recipient  BLOB NOT NULL CHECK (length(recipient) = 20),
    amount     ANY NOT NULL,
    cumulative ANY NOT NULL,
    round      ANY NOT NULL,
    tx         BLOB NOT NULL CHECK (length(tx) = 32),
    block      ANY NOT NULL,
    block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
    log_index  ANY NOT NULL
) STRICT;

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

CREATE TABLE refused_claims (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32), -- of its address, text, signature and reason
    entry  INTEGER NOT NULL REFERENCES entries
) STRICT, WITHOUT ROWID;

CREATE TABLE rounds (
    round     INTEGER PRIMARY KEY CHECK (round > 0),
    status    TEXT NOT NULL CHECK (status IN ('built', 'approved', 'proposed', 'active', 'abandoned', 'cancelled')),
    entry     INTEGER NOT NULL UNIQUE REFERENCES entries,
    built     TEXT NOT NULL, -- JSON, the entry's body
    needed    INTEGER NOT NULL,
    approvals TEXT NOT NULL, -- JSON
    approved  INTEGER UNIQUE REFERENCES entries,
    day       INTEGER -- of the approval, Unix seconds at midnight UTC
, proposed INTEGER REFERENCES entries) STRICT;

CREATE TABLE snapshots (
    height     ANY PRIMARY KEY,
    block_hash BLOB NOT NULL CHECK (length(block_hash) = 32),
    digest     BLOB NOT NULL CHECK (length(digest) = 32),
    status     TEXT NOT NULL CHECK (status IN ('taken', 'final', 'discarded')),
    totals     TEXT NOT NULL, -- JSON
    taken      INTEGER NOT NULL REFERENCES entries,
    decided    INTEGER REFERENCES entries
) STRICT, WITHOUT ROWID;

CREATE TRIGGER attachments_delete BEFORE DELETE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are never deleted'); END;

CREATE TRIGGER attachments_insert BEFORE INSERT ON attachments
WHEN NEW.id IS NOT (SELECT coalesce(max(id) + 1, 0) FROM attachments)
  OR EXISTS (SELECT 1 FROM attachments WHERE digest = NEW.digest)
BEGIN SELECT RAISE(ABORT, 'attachments are appended in order, each once'); END;

CREATE TRIGGER attachments_update BEFORE UPDATE ON attachments
BEGIN SELECT RAISE(ABORT, 'attachments are never changed'); END;

CREATE TRIGGER entries_delete BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;

CREATE TRIGGER entries_insert BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are appended in order'); END;

CREATE TRIGGER entries_update BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;

CREATE TRIGGER hashes_delete BEFORE DELETE ON hashes
BEGIN SELECT RAISE(ABORT, 'hashes are never deleted'); END;

CREATE TRIGGER hashes_insert BEFORE INSERT ON hashes
WHEN NEW.number IS NOT (SELECT coalesce(max(number) + 1, 0) FROM hashes)
BEGIN SELECT RAISE(ABORT, 'hashes are appended in order'); END;

CREATE TRIGGER hashes_update BEFORE UPDATE ON hashes
BEGIN SELECT RAISE(ABORT, 'hashes are never changed'); END;

