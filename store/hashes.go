package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// hashCache keeps hashes of the tree from a level on, which every proof needs again and which never
// change: two for each 256 entries. Without them a proof of a large log is thirty look-ups instead
// of a dozen.
type hashCache struct {
	mu    sync.RWMutex
	known map[int64]tlog.Hash // by number
}

const cachedLevel = 8

// split fills in what is known and returns the positions of what is not.
func (c *hashCache) split(numbers []int64, out []tlog.Hash) (missing []int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for i, n := range numbers {
		h, ok := c.known[n]
		if !ok {
			missing = append(missing, i)
		}
		out[i] = h
	}
	return missing
}

func (c *hashCache) add(number int64, h tlog.Hash) {
	if level, _ := tlog.SplitStoredHashIndex(number); level < cachedLevel {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[int64]tlog.Hash{}
	}
	c.known[number] = h
}

// ReadHashes implements tlog.HashReader. What is asked for together is read by one statement, which
// needs no transaction, as stored hashes never change.
func (r *Reader) ReadHashes(numbers []int64) ([]tlog.Hash, error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(numbers))
	missing := r.hashes.split(numbers, out)
	for len(missing) > 0 {
		some := missing[:min(len(missing), hashesTogether)]
		missing = missing[len(some):]
		if err := r.lookUp(numbers, some, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// hashesTogether is more than a proof needs of what is not cached.
const hashesTogether = 64

// lookUp reads the numbers at some positions into the same positions of out.
func (r *Reader) lookUp(numbers []int64, some []int, out []tlog.Hash) error {
	// Few different statements, so that they stay prepared: parameters by fours, the last of which
	// are repeated.
	n := (len(some) + 3) / 4 * 4
	args := make([]any, n)
	at := make(map[int64][]int, len(some))
	for i := range args {
		args[i] = numbers[some[min(i, len(some)-1)]]
	}
	for _, i := range some {
		at[numbers[i]] = append(at[numbers[i]], i)
	}
	rows, err := r.pool.QueryContext(context.Background(), "SELECT number, hash FROM hashes WHERE number IN (+?"+strings.Repeat(", +?", n-1)+")", args...)
	if err != nil {
		return fmt.Errorf("read hashes: %w", err)
	}
	defer rows.Close()
	var number int64
	var h tlog.Hash
	into := []any{&number, (*bytes32)(&h)}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read hashes: %w", err)
		}
		for _, i := range at[number] {
			out[i] = h
		}
		delete(at, number)
		r.hashes.add(number, h)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read hashes: %w", err)
	}
	for _, i := range some {
		if _, absent := at[numbers[i]]; absent {
			return fmt.Errorf("%w: the tree has no hash %d", ErrDamaged, numbers[i])
		}
	}
	return nil
}
