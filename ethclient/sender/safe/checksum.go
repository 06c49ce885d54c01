package safe

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/crypto"
)

// checksum is the Transaction Builder's (apps/tx-builder/src/lib/checksum.ts): Keccak-256 of the
// file's values, with the name null and without an earlier checksum, written by serialize.
func checksum(file []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(file))
	d.UseNumber()
	var v map[string]any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("checksum of a batch: %w", err)
	}
	if meta, ok := v["meta"].(map[string]any); ok {
		meta["name"] = nil
		delete(meta, "checksum")
	}
	var out strings.Builder
	if err := serialize(&out, v); err != nil {
		return "", fmt.Errorf("checksum of a batch: %w", err)
	}
	return crypto.Keccak256Hash([]byte(out.String())).Hex(), nil
}

// serialize writes an object as its sorted keys, a JSON array, followed by the values in their
// order, each with a comma after it; an array as JSON does; everything else is JSON.
func serialize(out *strings.Builder, v any) error {
	switch v := v.(type) {
	case []any:
		out.WriteByte('[')
		for i, e := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := serialize(out, e); err != nil {
				return err
			}
		}
		out.WriteByte(']')
		return nil
	case map[string]any:
		keys := slices.AppendSeq([]string{}, maps.Keys(v)) // never null
		slices.Sort(keys)
		out.WriteByte('{')
		if err := plainJSON(out, keys); err != nil {
			return err
		}
		for _, k := range keys {
			if err := serialize(out, v[k]); err != nil {
				return err
			}
			out.WriteByte(',')
		}
		out.WriteByte('}')
		return nil
	}
	return plainJSON(out, v)
}

// plainJSON writes what JavaScript's JSON.stringify does: <, > and & as they are.
func plainJSON(out *strings.Builder, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	out.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	return err
}
