package swap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// ClaimLine is one line of a file of claims, as JSON with exactly these keys (proof only where
// coins are claimed).
type ClaimLine struct {
	Oxen      string `json:"oxen"`
	Text      string `json:"text"`
	Signature string `json:"signature"`
	Proof     string `json:"proof,omitempty"`
}

// maxClaimLine is the most bytes of a line without a proof.
const maxClaimLine = 4096

// ParseClaimLine reads one line. A key that is unknown, missing, in other letters or there twice is
// refused: two programs could read such a line differently.
func ParseClaimLine(line []byte) (ClaimLine, error) {
	var l ClaimLine
	values := map[string]*string{"oxen": &l.Oxen, "text": &l.Text, "signature": &l.Signature, "proof": &l.Proof}
	bad := func(why string, args ...any) (ClaimLine, error) {
		return ClaimLine{}, refuse(ReasonText, "not a JSON object with the keys oxen, text and signature: "+why, args...)
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return bad("it does not begin with {")
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return bad("%v", err)
		}
		name, _ := key.(string)
		to, ok := values[name]
		if !ok {
			return bad("%.40q is unknown or there twice", name)
		}
		value, err := dec.Token()
		if err != nil {
			return bad("%v", err)
		}
		if *to, ok = value.(string); !ok {
			return bad("%s is not a string", name)
		}
		delete(values, name)
	}
	if _, err := dec.Token(); err != nil {
		return bad("%v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return bad("something follows it")
	}
	for _, key := range []string{"oxen", "text", "signature"} {
		if _, missing := values[key]; missing {
			return bad("%s is missing", key)
		}
	}
	return l, nil
}

// LegacyLine is one line of a legacy file and what came of verifying it.
type LegacyLine struct {
	Claim Claim
	Err   error // why it is refused, whatever the ledger holds
}

// VerifyLegacyLine checks one line of a legacy file as far as no ledger is needed.
func VerifyLegacyLine(terms *Terms, line []byte) LegacyLine {
	if len(line) > maxClaimLine {
		return LegacyLine{Err: refuse(ReasonText, "a line of %d bytes: at most %d are taken", len(line), maxClaimLine)}
	}
	l, err := ParseClaimLine(line)
	if err != nil {
		return LegacyLine{Err: err}
	}
	c, err := VerifyLegacyClaim(terms, l.Oxen, l.Text, l.Signature)
	return LegacyLine{c, err}
}

// SplitLines cuts a file into its lines, without empty ones.
func SplitLines(file []byte) [][]byte {
	var out [][]byte
	for line := range bytes.Lines(file) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(out, line)
		}
	}
	return out
}

// replacedLine is the reason for a line that a later line of the same account replaces.
const replacedLine = "replaced by a later line"

// ImportLegacy decides on a legacy file at a time: of each account the last line that verifies
// counts, if the ledger admits it. It returns the announcement and the claims, in the order of
// their lines.
func ImportLegacy(t Tables, m Migration, file []byte, lines []LegacyLine, at time.Time) (LegacyImported, []Claim, error) {
	e := LegacyImported{File: Digest(file), Lines: uint64(len(lines)), Refused: map[string]uint64{}}
	last := map[Account]int{}
	for i, l := range lines {
		if l.Err == nil {
			last[l.Claim.Account] = i
		}
	}
	var taken []Claim
	for i, l := range lines {
		err := l.Err
		if err == nil && last[l.Claim.Account] != i {
			e.Refused[replacedLine]++
			continue
		}
		if err == nil {
			err = AdmitClaim(t, m, l.Claim, at)
		}
		var refusal *Refusal
		switch {
		case err == nil:
			taken = append(taken, l.Claim)
		case errors.As(err, &refusal):
			e.Refused[string(refusal.Reason)]++
		default:
			return e, nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	e.Taken = uint64(len(taken))
	return e, taken, nil
}
