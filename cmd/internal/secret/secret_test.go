package secret

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const english = "sequence atlas unveil summon pebbles tuesday beer rudely snake rockets different fuselage " +
	"woven tagged bested dented vegan hover rapid fawns obvious muppet randomly seasons randomly"

func TestSecretsAreRefusedAndNotRepeated(t *testing.T) {
	raw := strings.Repeat("4f", 32)
	for name, c := range map[string]struct {
		text   string
		strict bool // only where no digest can be meant
	}{
		"note key":              {text: "PRIVATE+KEY+ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1"},
		"note key, lower case":  {text: "  private+key+ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1\n"},
		"note key in a line":    {text: "operator = \"PRIVATE+KEY+ada+2594dc85+AZ1C\""},
		"PEM":                   {text: "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----"},
		"age":                   {text: "AGE-SECRET-KEY-1QQPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"},
		"BIP 32":                {text: "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"},
		"keystore":              {text: `{"address":"5aaeb6","crypto":{"cipher":"aes-128-ctr"},"id":"x","version":3}`},
		"keystore, capitals":    {text: `{"Crypto":{"cipher":"aes-128-ctr"}}`},
		"keystore, cut off":     {text: `{"version":3,"crypto":{"ciphertext":"77`},
		"25 words":              {text: english},
		"13 words, a wallet's":  {text: strings.Join(strings.Fields(english)[:13], " ")},
		"12 words, numbered":    {text: "1. abandon 2. ability 3. able 4. about 5. above 6. absent 7. absorb 8. abstract 9. absurd 10. abuse 11. access 12. zoo"},
		"24 words in lines":     {text: strings.ReplaceAll(strings.Join(strings.Fields(english)[:24], " "), " ", "\r\n")},
		"words with commas":     {text: strings.ReplaceAll(english, " ", ", ")},
		"words of a list":       {text: strings.ReplaceAll(strings.ToUpper(english[:1])+english[1:], " ", "  ")},
		"German words":          {text: "Ähre Öffnung übung straße fähre bühne größe münze küche lärche söhne tür weiß"},
		"Chinese words":         {text: "的 一 是 在 不 了 有 和 人 这 中 大 为 上 个 国 我 以 要 他 时 来 用 们 生"},
		"raw key":               {text: raw, strict: true},
		"raw key with 0x":       {text: "0x" + raw, strict: true},
		"raw key between marks": {text: " \"0X" + strings.ToUpper(raw) + "\"\n", strict: true},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check("--oxen", c.text)
			if c.strict {
				if err != nil {
					t.Errorf("Check refused what may be a digest: %v", err)
				}
				err = CheckStrict("--oxen", c.text)
			}
			var found *Error
			if !errors.As(err, &found) {
				t.Fatalf("got %v, want a *secret.Error", err)
			}
			if !strings.Contains(err.Error(), "--oxen") {
				t.Errorf("the error does not say where: %v", err)
			}
			for _, word := range strings.Fields(c.text) {
				if len(word) > 10 && strings.Contains(err.Error(), word) {
					t.Errorf("the error repeats %q", word)
				}
			}
		})
	}
}

func TestHonestTextsPass(t *testing.T) {
	for name, text := range map[string]string{
		"empty":          "",
		"claim":          "SESH claim 1166f61c0c9abbf6 to 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed #1 until 2026-12-31",
		"address":        "LAFB8B12pvAgwhCDto5S4YB3nEj3FKF5vUVvnG9RphX9f7TRNT4omtzJ3hfiw1odUtgygmiJyQLUtFWoLzNMTy8LT3jacbg",
		"public key":     "ada+2594dc85+AZ1CqLrhkJmE0aVg7pE8b1",
		"signature":      "SigV1" + strings.Repeat("1zQ", 29),
		"EVM address":    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
		"a short reason": "the daemon was down for two days and nobody saw it", // 11 words
		"a sentence":     "Round 2 was abandoned, since the daemon of Ada (b) was down for 2 days at height 250.",
		"a JSON line":    `{"oxen":"LAFB8","text":"SESH claim","signature":"SigV1"}`,
		"eleven words":   strings.Join(strings.Fields(english)[:11], " "),
		"many words":     strings.Repeat("word ", 27),
	} {
		if err := CheckStrict("it", text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`(0x[0-9a-fA-F]{40}|L[1-9A-HJ-NP-Za-km-z]{94,105}|SigV1[1-9A-HJ-NP-Za-km-z]{88}|https?://[a-z0-9.]{1,40}:[0-9]{1,5}/[a-z_]{0,20})`).Draw(t, "text")
		if err := CheckStrict("it", text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add(english)
	f.Add(`{"crypto":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if err := CheckStrict("here", text); err != nil && len(text) > 12 && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats %q", text)
		}
	})
}
