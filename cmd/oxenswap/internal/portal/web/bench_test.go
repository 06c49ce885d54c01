package web

import (
	"net/http/httptest"
	"testing"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/cmd/oxenswap/internal/portal/desktest"
)

func BenchmarkPages(b *testing.B) {
	w := desktest.New(b, 6)
	w.Take(desktest.Named)
	w.Finalize(desktest.Named)
	d, err := desk.New(b.Context(), desk.Config{Log: w, Now: w.Now, Limits: desk.DefaultLimits()})
	w.Must(err)
	site, err := New(d, Options{Now: w.Now})
	w.Must(err)
	for _, path := range []string{"/", "/migration", "/lookup?oxen=" + w.Oxen(1)} {
		b.Run(path[:min(len(path), 8)], func(b *testing.B) {
			for b.Loop() {
				out := httptest.NewRecorder()
				site.ServeHTTP(out, httptest.NewRequest("GET", path, nil))
				if out.Code != 200 {
					b.Fatal(out.Code)
				}
			}
		})
	}
}
