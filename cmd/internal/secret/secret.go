// Package secret recognises secrets that somebody typed in the wrong place: a private key where a
// public one belongs, seed words where an address belongs. What it recognises is refused before
// anything shows, logs or records it, so its errors never repeat the text.
//
// It knows
//
//	note keys        PRIVATE+KEY+name+hash+base64 (golang.org/x/mod/sumdb/note), as the ledger and operators have
//	PEM and age keys -----BEGIN ... PRIVATE KEY-----, AGE-SECRET-KEY-1...
//	extended keys    xprv..., yprv..., zprv... (BIP 32)
//	keystores        the JSON of an Ethereum keystore (Web3 Secret Storage), encrypted or not
//	seed words       12 to 26 words, as BIP 39 (12, 15, 18, 21, 24) and CryptoNote wallets (12, 13, 24, 25, 26) have
//	raw keys         32 bytes in hex, in places where no digest can be meant
package secret

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// Error says that a text is a secret, and of what kind, without the text.
type Error struct {
	Where string // the field, flag or argument that it came in; "": not known
	Kind  string // such as "seed words"
}

func (e *Error) Error() string {
	where := "this"
	if e.Where != "" {
		where = e.Where
	}
	return fmt.Sprintf("%s looks like %s, which belongs to nobody but you: it was not stored or shown. "+
		"If others can see where you typed it, move what it protects to a new wallet or make a new key", where, e.Kind)
}

// Check refuses a text that holds a secret of any kind but a raw key, which cannot be told from a
// digest.
func Check(where, text string) error {
	if kind, ok := find(text); ok {
		return &Error{where, kind}
	}
	return nil
}

// CheckStrict is Check for places where no digest is expected: there 32 bytes in hex are a raw key.
func CheckStrict(where, text string) error {
	if rawKey(text) {
		return &Error{where, "a private key in hex"}
	}
	return Check(where, text)
}

func find(text string) (kind string, ok bool) {
	upper := strings.ToUpper(text)
	switch {
	case strings.Contains(upper, "PRIVATE+KEY+"):
		return "the private half of a signing key (its public half begins with its name)", true
	case strings.Contains(upper, "-----BEGIN") && strings.Contains(upper, "PRIVATE KEY"), strings.Contains(upper, "AGE-SECRET-KEY-"):
		return "a private key file", true
	case extendedKey(text):
		return "an extended private key", true
	case keystore(text):
		return "a wallet's keystore file", true
	case seedWords(text):
		return "the seed words of a wallet", true
	}
	return "", false
}

// rawKey reports whether a text is 64 hex digits, perhaps after 0x and between quotes and spaces.
func rawKey(text string) bool {
	text = strings.Trim(text, " \t\r\n\"'`")
	if len(text) == 66 && (text[:2] == "0x" || text[:2] == "0X") {
		text = text[2:]
	}
	if len(text) != 64 {
		return false
	}
	for _, c := range []byte(text) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
	}
	return true
}

func extendedKey(text string) bool {
	for word := range strings.FieldsSeq(text) {
		if len(word) >= 100 && len(word) <= 120 && len(word) > 4 && word[1:4] == "prv" && strings.IndexByte("xyztuv", word[0]) >= 0 {
			return true
		}
	}
	return false
}

// maxKeystore bounds what is read as JSON: keystores have some hundred bytes.
const maxKeystore = 64 << 10

// keystore reports whether a text is an object with the keys of an Ethereum keystore, or of a plain
// dump of one.
func keystore(text string) bool {
	text = strings.TrimSpace(text)
	if len(text) > maxKeystore || !strings.HasPrefix(text, "{") {
		return false
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &fields) != nil {
		// Cut off or damaged, it is a secret all the same.
		lower := strings.ToLower(text)
		return strings.Contains(lower, "\"ciphertext\"") || strings.Contains(lower, "\"kdfparams\"") || strings.Contains(lower, "\"privatekey\"")
	}
	for name := range fields {
		switch strings.ToLower(name) {
		case "crypto", "privatekey", "private_key", "mnemonic", "spend_key", "seed":
			return true
		}
	}
	return false
}

// Lengths of words in the lists of BIP 39 (3 to 8) and of CryptoNote wallets in all their languages
// (2 to 14).
const (
	leastWord = 2
	mostWord  = 14
)

// seedWords reports whether a text is nothing but 12 to 26 words of lower-case letters: no sentence
// that these programs ask for is. Numbers, commas and line breaks between them, as people copy
// them, change nothing.
func seedWords(text string) bool {
	if len(text) > 26*mostWord*4 {
		return false
	}
	words := strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsDigit(r) || strings.ContainsRune(",.;:)(\"'`-", r)
	})
	if len(words) < 12 || len(words) > 26 {
		return false
	}
	for i, w := range words {
		if w == "the" || w == "and" { // of an English sentence: no wallet's list has them
			return false
		}
		n := 0
		for at, r := range w {
			// A wallet's list may be printed with capitals; a word in capitals throughout is none.
			if !unicode.IsLetter(r) || unicode.IsUpper(r) && at > 0 {
				return false
			}
			n++
		}
		if ideographs := n == 1 && []rune(words[i])[0] >= 0x2e80; (n < leastWord || n > mostWord) && !ideographs {
			return false
		}
	}
	return true
}

// CheckFile refuses the text of a file, such as a configuration, that holds a secret, and says in
// which line. Raw keys are found where a line, or what it sets, is nothing else; digests says that
// there they may be digests.
func CheckFile(name, text string, digests bool) error {
	check := CheckStrict
	if digests {
		check = Check
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		where := fmt.Sprintf("%s, line %d", name, n)
		_, value, _ := strings.Cut(line, "=")
		for _, part := range []string{line, strings.Trim(value, " \t\r\n[],\"'"), strings.Trim(line, " \t\r\n[],\"'")} {
			if err := check(where, part); err != nil {
				return err
			}
		}
	}
	return Check(name, text)
}
