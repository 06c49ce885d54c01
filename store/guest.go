package store

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"oxenswap/swap"
	"oxenswap/swap/fail"
	"oxenswap/swap/ledger"
)

// A ledger has one writer. While a service is that writer, commands of its operator append through
// it: the service listens on a Unix socket in the data directory, which only the directory's owner
// can open, and holds its own updates back while a guest decides on what it reads from the database
// itself.
//
// One connection is one update. Every message is a JSON object, with attachments as bytes behind
// it:
//
//	guest:   {"update":true}                          a guest that closes without it only checks that a host exists
//	service: {"at":TIME}                              decide now; it may ask more than once
//	guest:   {"records":[{"kind":K,"body":B,"sizes":[N]}]}, the attachments' bytes   or {"no":true}
//	service: {"entries":[ENTRY]}                      durable, a checkpoint covers them   or {"error":WORDS}
const socketFile = "writer.sock"

const (
	// guestTime is how long a guest may take to decide while everybody else waits.
	guestTime = 15 * time.Second
	// maxGuestBytes bounds the attachments of one update.
	maxGuestBytes = 1 << 30
	// maxGuestMessage bounds the JSON of one message.
	maxGuestMessage = 64 << 20
)

// ErrNoHost is returned by OpenGuest when no process takes updates of others.
var ErrNoHost = errors.New("no running service takes updates for others")

// ErrUnconfirmed is wrapped by the error of a guest's update that the service may have recorded.
var ErrUnconfirmed = errors.New("the service may or may not have recorded this")

type guestMessage struct {
	Update  bool          `json:"update,omitempty"`
	At      *time.Time    `json:"at,omitempty"`
	No      bool          `json:"no,omitempty"`
	Records []guestRecord `json:"records,omitempty"`
	Entries []string      `json:"entries,omitempty"`
	Done    bool          `json:"done,omitempty"`
	Error   string        `json:"error,omitempty"`
}

type guestRecord struct {
	Kind  string          `json:"kind"`
	Body  json.RawMessage `json:"body"`
	Sizes []int64         `json:"sizes,omitempty"` // of its attachments, bytes
}

// errGuestNo says that a guest decided to append nothing and to fail; it knows why itself.
var errGuestNo = errors.New("the guest gave up its update")

// Host takes updates of other processes until ctx ends. When it returns, guests find it; the
// channel gives its end: nil when ctx ended it. Who can open the socket can append what the rules
// allow, as anybody with the directory can.
func (s *Store) Host(ctx context.Context) (<-chan error, error) {
	path := filepath.Join(s.dir, socketFile)
	failed := func(err error) error { return fmt.Errorf("take updates of other commands: %w", err) }
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of a process that was killed: the lock is ours
		return nil, failed(err)
	}
	var l net.Listener
	err := fail.Do("host listen", func() (err error) { l, err = net.Listen("unix", path); return err })
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		if l != nil {
			err = errors.Join(err, l.Close())
		}
		return nil, failed(err)
	}
	ended := make(chan error, 1)
	go func() {
		defer close(ended)
		if err := s.host(ctx, l); err != nil {
			ended <- failed(err)
		}
	}()
	return ended, nil
}

func (s *Store) host(ctx context.Context, l net.Listener) error {
	defer l.Close()
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	var guests sync.WaitGroup
	defer guests.Wait()
	for {
		c, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		guests.Go(func() {
			defer c.Close()
			s.receive(ctx, c)
		})
	}
}

// receive carries out one update of a guest.
func (s *Store) receive(ctx context.Context, c net.Conn) {
	in := bufio.NewReader(c)
	if !wantsUpdate(ctx, c, in) {
		return
	}
	entries, err := s.append(ctx, s.exclusive, func(_ swap.Tables, at time.Time) ([]swap.Record, error) {
		if err := c.SetDeadline(time.Now().Add(guestTime)); err != nil {
			return nil, err
		}
		return askGuest(c, in, at)
	})
	if errors.Is(err, errGuestNo) {
		return
	}
	answer := guestMessage{Done: true}
	if err != nil {
		answer.Error = err.Error()
	}
	for _, e := range entries {
		raw, formatErr := ledger.FormatEntry(e)
		if formatErr != nil {
			answer.Error = formatErr.Error()
		}
		answer.Entries = append(answer.Entries, string(raw))
	}
	// Whoever has gone finds what was recorded in the ledger.
	_ = fail.Do("host answer", func() error {
		return errors.Join(c.SetDeadline(time.Now().Add(guestTime)), writeMessage(c, answer))
	})
}

// wantsUpdate waits for a guest's first words.
func wantsUpdate(ctx context.Context, c net.Conn, in *bufio.Reader) bool {
	if c.SetDeadline(time.Now().Add(guestTime)) != nil {
		return false
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })
	defer stop()
	var m guestMessage
	err := fail.Do("host hear", func() (err error) { m, err = readMessage(in); return err })
	return err == nil && m.Update
}

// askGuest lets a guest decide.
func askGuest(c net.Conn, in *bufio.Reader, at time.Time) ([]swap.Record, error) {
	if err := fail.Do("host ask", func() error { return writeMessage(c, guestMessage{At: &at}) }); err != nil {
		return nil, fmt.Errorf("asking the guest: %w", err)
	}
	var m guestMessage
	if err := fail.Do("host read", func() (err error) { m, err = readMessage(in); return err }); err != nil {
		return nil, fmt.Errorf("the guest's decision: %w", err)
	}
	if m.No {
		return nil, errGuestNo
	}
	left := int64(maxGuestBytes)
	var records []swap.Record
	for _, r := range m.Records {
		event, err := swap.DecodeEvent(r.Kind, r.Body)
		if err != nil {
			return nil, fmt.Errorf("the guest's decision: %w", err)
		}
		record := swap.Record{Event: event}
		for _, size := range r.Sizes {
			if left -= size; size < 0 || left < 0 {
				return nil, fmt.Errorf("the guest's attachments pass %d bytes", int64(maxGuestBytes))
			}
			data := make([]byte, size)
			if _, err := io.ReadFull(in, data); err != nil {
				return nil, fmt.Errorf("the guest's attachments: %w", err)
			}
			record.Attachments = append(record.Attachments, data)
		}
		records = append(records, record)
	}
	return records, nil
}

// Guest is the ledger of a data directory that another process has open for writing and that
// appends through it.
type Guest struct{ *Reader }

var _ swap.Ledger = (*Guest)(nil)

// OpenGuest opens the ledger of a data directory whose writer takes updates of others, or fails
// with ErrNoHost.
func OpenGuest(ctx context.Context, dir string) (*Guest, error) {
	if err := fail.Do("guest look", func() error {
		c, err := net.Dial("unix", filepath.Join(dir, socketFile))
		if err != nil {
			return err
		}
		return c.Close()
	}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoHost, err)
	}
	r, err := OpenReader(ctx, dir)
	if err != nil {
		return nil, err
	}
	return &Guest{r}, nil
}

// Update implements swap.Ledger.
func (g *Guest) Update(
	ctx context.Context, decide func(t swap.Tables, at time.Time) ([]swap.Record, error),
) ([]ledger.Entry, error) {
	var c net.Conn
	err := fail.Do("guest connect", func() (err error) {
		c, err = net.Dial("unix", filepath.Join(g.dir, socketFile))
		return err
	})
	if c != nil {
		defer c.Close()
	}
	if err == nil {
		err = fail.Do("guest begin", func() error { return writeMessage(c, guestMessage{Update: true}) })
	}
	if err != nil {
		return nil, fmt.Errorf("nothing was recorded: the service has ended meanwhile, run the command again: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })
	defer stop()
	in := bufio.NewReader(c)
	sent := false
	for {
		var m guestMessage
		err := fail.Do("guest answer", func() (err error) { m, err = readMessage(in); return err })
		switch {
		case err != nil && !sent:
			return nil, fmt.Errorf("nothing was recorded: the service has ended meanwhile, run the command again: %w", errors.Join(ctx.Err(), err))
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrUnconfirmed, errors.Join(ctx.Err(), err))
		case m.Error != "":
			return nil, errors.New(m.Error)
		case m.Done:
			return parseEntries(m.Entries)
		case m.At == nil:
			return nil, errors.New("the service sent a message that this version does not know: use the same version for both")
		}
		var records []swap.Record
		decideErr := g.View(ctx, func(t swap.Tables, _ uint64) (err error) {
			records, err = decide(t, *m.At)
			return err
		})
		if decideErr != nil {
			return nil, errors.Join(decideErr, writeMessage(c, guestMessage{No: true}))
		}
		sent = true
		if err := fail.Do("guest send", func() error { return sendRecords(c, records) }); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnconfirmed, err)
		}
	}
}

func sendRecords(c io.Writer, records []swap.Record) error {
	var m guestMessage
	var plain [][]byte
	for _, r := range records {
		body, err := ledger.MarshalBody(r.Event)
		if err != nil {
			return err
		}
		out := guestRecord{Kind: r.Event.Kind(), Body: body}
		for _, a := range r.Attachments {
			out.Sizes = append(out.Sizes, int64(len(a)))
			plain = append(plain, a)
		}
		m.Records = append(m.Records, out)
	}
	if err := writeMessage(c, m); err != nil {
		return err
	}
	for _, a := range plain {
		if _, err := c.Write(a); err != nil {
			return err
		}
	}
	return nil
}

func parseEntries(lines []string) ([]ledger.Entry, error) {
	var out []ledger.Entry
	for _, line := range lines {
		e, err := ledger.ParseEntry([]byte(line))
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

// writeMessage writes a message as one line. Bodies are canonical JSON and stay as they are.
func writeMessage(w io.Writer, m guestMessage) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(m)
}

func readMessage(in *bufio.Reader) (m guestMessage, err error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > maxGuestMessage {
			return m, fmt.Errorf("a message of more than %d bytes", maxGuestMessage)
		}
		if err == nil {
			return m, json.Unmarshal(line, &m)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return m, err
		}
	}
}
