package swap

import (
	"errors"
	"strconv"
)

// Claims are most of a ledger's entries, so their bodies are read and written without reflection
// where they can be.

// AppendBody is the inverse of parse. It implements what ledger.MarshalBody asks for, and reports
// false for a claim that encoding/json has to print.
func (e *ClaimAccepted) AppendBody(b []byte) ([]byte, bool) {
	if e.Integrated || e.Code.Confirmed || e.Code.Factory != "" {
		return nil, false
	}
	plain := true
	text := func(before, s string) {
		for _, c := range []byte(s) {
			plain = plain && ' ' <= c && c <= '~' && c != '"' && c != '\\'
		}
		b = append(append(b, before...), s...)
	}
	text(`{"text":"`, e.Text)
	text(`","signature":"`, e.Signature)
	text(`","oxen":"`, e.Oxen)
	text(`","account":"`, string(e.Account))
	text(`","recipient":"`, e.Recipient.String())
	b = strconv.AppendUint(append(b, `","sequence":`...), uint64(e.Sequence), 10)
	text(`,"code":{"ethereum":"`, string(e.Code.Ethereum))
	text(`","target":"`, string(e.Code.Target))
	return append(b, `"}}`...), plain
}

// parse reads the body that encoding/json prints of a claim.accepted with plain values. It reports
// false for every other body, right or wrong, and then e is of no use.
func (e *ClaimAccepted) parse(body []byte) bool {
	r := lineReader{rest: body}
	r.skip(`{"text":"`)
	e.Text = r.verbatim()
	r.skip(`","signature":"`)
	e.Signature = r.verbatim()
	r.skip(`","oxen":"`)
	e.Oxen = r.verbatim()
	r.skip(`","account":"`)
	e.Account = Account(r.verbatim())
	r.skip(`","recipient":"`)
	e.Recipient = r.recipient()
	r.skip(`","sequence":`)
	sequence := r.number(',')
	e.Sequence = uint32(sequence)
	r.skip(`,"code":{"ethereum":"`)
	e.Code.Ethereum = Seen(r.verbatim())
	r.skip(`","target":"`)
	e.Code.Target = Seen(r.verbatim())
	r.skip(`"}}`)
	return r.err == nil && len(r.rest) == 0 && uint64(e.Sequence) == sequence
}

// verbatim reads a string that stands in JSON as it is: printable ASCII without quotes and
// backslashes.
func (r *lineReader) verbatim() string {
	text := r.until('"')
	for _, c := range text {
		if c < ' ' || c > '~' || c == '\\' {
			r.err = errors.New("an escaped string")
			return ""
		}
	}
	return string(text)
}
