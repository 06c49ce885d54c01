package browsertest

import (
	"fmt"
	"strings"
	"testing"

	"oxenswap/cmd/oxenswap/internal/portal/desktest"
)

// TestLooks shows every page: in light and dark, on a phone, in German, and without a script.
func TestLooks(t *testing.T) {
	s := stage(t, 6)
	s.Take(desktest.Named)
	s.Finalize(desktest.Named)
	s.Take(desktest.Last)
	s.Finalize(desktest.Last)
	var claims []string
	for i := range s.Wallets[:4] {
		s.claim(i)
		s.Pass(30 * 3600e9)
		if i%2 == 1 {
			if i == 1 {
				s.Deploy()
			}
			r := s.Carry()
			s.pay(r.Round, s.recipient(i))
		}
	}
	claims = append(claims, s.entries...)
	wallet := s.Wallet()
	s.claimCoins(wallet)
	pages := map[string]string{
		"home": "/", "claim": "/claim", "migration": "/migration", "progress": "/progress", "rounds": "/rounds", "round": "/rounds/2", "ledger": "/ledger-log",
		"entry": "/ledger-log/" + claims[0], "verify": "/verify", "lookup": "/lookup?oxen=" + s.Oxen(1), "lookup-unclaimed": "/lookup?oxen=" + s.Oxen(5),
		"status": "/claims/" + claims[1], "receipt": "/claims/" + claims[1] + "/receipt", "collect": "/claims/" + claims[2] + "/collect",
		"prove": "/claims/" + claims[2] + "/prove", "proof": "/proofs/" + s.proof + "?pause=1", "missing": "/nothing",
	}
	for name, l := range map[string]look{
		"light": {}, "dark": {dark: true}, "phone": {phone: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, s, l)
			for page, path := range pages {
				status := int64(200)
				if page == "missing" {
					status = 404
				}
				if l.phone {
					path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "lang=de"
				}
				b.visit(path, status)
				b.shoot(fmt.Sprintf("%s-%s", page, name))
			}
		})
	}
	t.Run("without a script", func(t *testing.T) {
		t.Parallel()
		b := open(t, s, look{silent: true})
		for page, path := range pages {
			status := int64(200)
			if page == "missing" {
				status = 404
			}
			b.visit(path, status)
			if shown := evaluate[int](b, `[...document.querySelectorAll("button.copy, .wallets")].filter(e => e.checkVisibility()).length`); shown > 0 {
				t.Errorf("%s: %d buttons do nothing without a script", path, shown)
			}
		}
	})
}
