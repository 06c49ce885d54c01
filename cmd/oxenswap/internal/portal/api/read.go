package api

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ethereum/go-ethereum/common"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/problem"
	"oxenswap/swap"
)

func parseQuery(raw string) (url.Values, error) { return url.ParseQuery(raw) }

func (a *API) openapi(w http.ResponseWriter, r *http.Request) error {
	return a.send(w, r, "openapi", func(context.Context) (content, error) {
		basis := desk.Always()
		return content{body: document, basis: &basis}, nil
	})
}

func (a *API) migration(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return a.send(w, r, "migration", func(ctx context.Context) (content, error) {
		m, err := a.desk.Migration(ctx)
		if err != nil {
			return content{}, err
		}
		return content{value: m, basis: &m.Basis}, nil
	})
}

// maxAddress is longer than every Oxen address, with spaces as people paste them.
const maxAddress = 160

func oxenOf(r *http.Request) (string, error) {
	oxen := r.PathValue("oxen")
	if len(oxen) > maxAddress {
		return "", problem.New(problem.Malformed, http.StatusBadRequest, "an Oxen address has at most 109 characters")
	}
	_, err := query(r)
	return oxen, err
}

func (a *API) account(w http.ResponseWriter, r *http.Request) error {
	oxen, err := oxenOf(r)
	if err != nil {
		return err
	}
	return a.send(w, r, "account/"+oxen, func(ctx context.Context) (content, error) {
		account, err := a.desk.Lookup(ctx, oxen)
		if err != nil {
			return content{}, err
		}
		return content{value: account, basis: &account.Basis}, nil
	})
}

func (a *API) accountClaims(w http.ResponseWriter, r *http.Request) error {
	oxen, err := oxenOf(r)
	if err != nil {
		return err
	}
	return a.send(w, r, "claims/"+oxen, func(ctx context.Context) (content, error) {
		list, err := a.desk.AccountClaims(ctx, oxen)
		return content{value: map[string]any{"claims": list}}, err
	})
}

func (a *API) claim(w http.ResponseWriter, r *http.Request) error {
	return a.entry(w, r, "claim/", func(ctx context.Context, entry uint64) (content, error) {
		c, err := a.desk.Claim(ctx, entry)
		if err != nil {
			return content{}, err
		}
		return content{value: c, basis: &c.Basis}, nil
	})
}

func (a *API) receipt(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Disposition", `attachment; filename="receipt-`+fileNumber(r.PathValue("entry"))+`.txt"`)
	err := a.entry(w, r, "receipt/", func(ctx context.Context, entry uint64) (content, error) {
		// A later checkpoint would make another one; this one stays good for ever.
		receipt, err := a.desk.Receipt(ctx, entry)
		basis := desk.Always()
		return content{body: receipt, kind: textKind, basis: &basis}, err
	})
	if err != nil {
		w.Header().Del("Content-Disposition")
	}
	return err
}

// fileNumber is a number as it may stand in the name of a file.
func fileNumber(text string) string {
	if _, err := number("entry", text); err != nil {
		return "0"
	}
	return text
}

func (a *API) proof(w http.ResponseWriter, r *http.Request) error {
	return a.entry(w, r, "proof/", func(ctx context.Context, entry uint64) (content, error) {
		p, err := a.desk.Proof(ctx, entry) // changes with the queue
		return content{value: p}, err
	})
}

// entry is send for what an entry's number in the path names.
func (a *API) entry(
	w http.ResponseWriter, r *http.Request, what string, make func(context.Context, uint64) (content, error),
) error {
	text := r.PathValue("entry")
	entry, err := number("entry", text)
	if err == nil {
		_, err = query(r)
	}
	if err != nil {
		return err
	}
	return a.send(w, r, what+text, func(ctx context.Context) (content, error) { return make(ctx, entry) })
}

func (a *API) rounds(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	return a.send(w, r, "rounds", func(ctx context.Context) (content, error) {
		list, basis, err := a.desk.Rounds(ctx)
		return content{value: map[string]any{"rounds": list}, basis: &basis}, err
	})
}

func (a *API) round(w http.ResponseWriter, r *http.Request) error {
	n, err := number("round", r.PathValue("round"))
	if err == nil {
		_, err = query(r)
	}
	if err != nil {
		return err
	}
	return a.send(w, r, "round/"+r.PathValue("round"), func(ctx context.Context) (content, error) {
		round, err := a.desk.Round(ctx, n)
		if err != nil {
			return content{}, err
		}
		return content{value: round, basis: &round.Basis}, nil
	})
}

// collect is asked by everybody on claim day, about everybody, so it is written without reflection
// and without being kept.
func (a *API) collect(w http.ResponseWriter, r *http.Request) error {
	n, err := number("round", r.PathValue("round"))
	if err == nil {
		_, err = query(r)
	}
	if err != nil {
		return err
	}
	to, err := swap.ParseEIP55(r.PathValue("recipient"))
	if err != nil {
		return problem.New(problem.Malformed, http.StatusBadRequest, "%v", err)
	}
	c, err := a.desk.Collect(r.Context(), n, swap.EVMAddress(to))
	if err != nil {
		return err
	}
	h := w.Header()
	h["Cache-Control"] = asked
	if c.State == desk.StatePayable && c.Distributor != nil {
		h["Cache-Control"] = immutable
	}
	etag := collectTag(c)
	h["Etag"] = []string{etag}
	if matches(r, etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	buffer := a.buffers.Get().(*[]byte)
	defer a.buffers.Put(buffer)
	*buffer = appendCollect((*buffer)[:0], c, r.PathValue("recipient"))
	h["Content-Type"], h["Content-Length"] = jsonKind, []string{strconv.Itoa(len(*buffer))}
	w.Write(*buffer)
	return nil
}

// collectTag names all that a proof follows from.
func collectTag(c *desk.Collect) string {
	b := append(make([]byte, 0, 64), '"')
	b = hex.AppendEncode(b, c.Root[:8])
	b = append(b, '-')
	b = hex.AppendEncode(b, c.Recipient[:8])
	if c.Distributor != nil {
		b = append(b, '-')
		b = hex.AppendEncode(b, c.Distributor[:4])
	}
	return string(append(b, '"'))
}

// appendCollect writes a proof with its calldata, given the EIP-55 spelling of its recipient.
func appendCollect(b []byte, c *desk.Collect, recipient string) []byte {
	b = append(b, `{"round":`...)
	b = strconv.AppendUint(b, c.Round, 10)
	b = append(b, `,"root":`...)
	b = appendHash(b, &c.Root)
	b = append(b, `,"recipient":"`...)
	b = append(b, recipient...)
	b = append(b, `","cumulative":"`...)
	b = strconv.AppendUint(b, uint64(c.Cumulative), 10)
	b = append(b, `","proof":[`...)
	for i := range c.Proof {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHash(b, &c.Proof[i])
	}
	b = append(b, `],"distributor":`...)
	if c.Distributor == nil {
		b = append(b, "null"...)
	} else {
		b = append(b, '"')
		b = append(b, c.Distributor.String()...)
		b = append(b, '"')
	}
	b = append(b, `,"chain_id":`...)
	b = strconv.AppendUint(b, c.ChainID, 10)
	b = append(b, `,"calldata":"`...)
	b = c.AppendCalldata(b)
	return append(b, "\"}\n"...)
}

func appendHash(b []byte, h *common.Hash) []byte {
	b = append(b, `"0x`...)
	b = hex.AppendEncode(b, h[:])
	return append(b, '"')
}

func (a *API) entries(w http.ResponseWriter, r *http.Request) error {
	q, err := query(r, "from", "limit")
	if err != nil {
		return err
	}
	n := 50
	if text, ok := q["limit"]; ok {
		limit, err := number("limit", text)
		if err != nil || limit < 1 || limit > desk.MostEntries {
			return problem.New(problem.Malformed, http.StatusBadRequest, "limit %.40q: 1 to %d are given at one time", text, desk.MostEntries)
		}
		n = int(limit)
	}
	from := desk.Latest
	if text, ok := q["from"]; ok {
		if from, err = number("from", text); err != nil {
			return err
		}
	}
	list, err := a.desk.Entries(r.Context(), from, n)
	if err != nil {
		return err
	}
	out := struct {
		Entries []desk.Entry `json:"entries"`
		Next    *uint64      `json:"next"` // null: there are no more
	}{Entries: list}
	c := content{}
	if from != desk.Latest && len(list) == n {
		next := from + uint64(n)
		out.Next, c.control = &next, immutable
	}
	c.value = out
	answer, err := render(c)
	if err != nil {
		return err
	}
	answer.write(w, r)
	return nil
}

func (a *API) checkpoint(w http.ResponseWriter, r *http.Request) error {
	if _, err := query(r); err != nil {
		return err
	}
	c, err := a.desk.Checkpoint()
	if err != nil {
		return err
	}
	answer, err := render(content{value: c})
	if err != nil {
		return err
	}
	answer.write(w, r)
	return nil
}
