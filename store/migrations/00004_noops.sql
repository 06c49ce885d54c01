-- +goose Up

-- Projections are made of the entries anew when the writer opens the database; until then no attempt is a no-op, and no
-- round's proposal was seen.
ALTER TABLE attempts ADD COLUMN noop INTEGER NOT NULL DEFAULT 0 CHECK (noop IN (0, 1));
ALTER TABLE rounds ADD COLUMN proposed INTEGER REFERENCES entries;
