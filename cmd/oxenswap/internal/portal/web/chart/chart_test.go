package chart

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"oxenswap/swap"
)

func TestChart(t *testing.T) {
	c := Chart{Series: []string{"owed", "<paid>"}, Decimal: ","}
	c.Values = make([][]swap.Amount, 2)
	for i := range 500 {
		c.Labels = append(c.Labels, "a & b, a long label")
		c.Values[0] = append(c.Values[0], swap.Amount(i)*1e9)
		c.Values[1] = append(c.Values[1], swap.Amount(i)*5e8)
	}
	lines, err := c.Lines()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(lines, []byte("a &amp; b")); n == 0 || n > maxLabels+1 {
		t.Errorf("%d labels", n)
	}
	c.Labels, c.Values = c.Labels[:3], [][]swap.Amount{c.Values[0][:3], c.Values[1][:3]}
	c.Dark = true
	bars, err := c.Bars()
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range [][]byte{lines, bars} {
		if bytes.Contains(image, []byte("style=")) || bytes.Contains(image, []byte("<paid>")) || !bytes.Contains(image, []byte("fill=\"")) {
			t.Errorf("%s", image)
		}
		if err := xml.Unmarshal(image, new(struct{})); err != nil {
			t.Error(err)
		}
	}
	one := Chart{Series: []string{"owed"}, Labels: []string{"2026-11-22"}, Values: [][]swap.Amount{{0}}, Decimal: "."}
	if _, err := one.Lines(); err != nil {
		t.Errorf("a single day: %v", err)
	}
	if _, err := plain([]byte(`<svg><script>x</script></svg>`)); err == nil || !strings.Contains(err.Error(), "script") {
		t.Errorf("a script in a drawing: %v", err)
	}
	if got := c.number(1_250_000); got != "1,25 M" {
		t.Errorf("%q", got)
	}
}
