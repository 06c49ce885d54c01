package chart

import (
	"bytes"
	"encoding/xml"
	"testing"

	"oxenswap/swap"
)

func TestChart(t *testing.T) {
	c := Chart{Series: []string{"owed", "<paid>"}, Decimal: ","}
	c.Values = make([][]swap.Sesh, 2)
	for i := range 500 {
		c.Labels = append(c.Labels, "a & b, a long label")
		c.Values[0] = append(c.Values[0], swap.Sesh(i)*1e9)
		c.Values[1] = append(c.Values[1], swap.Sesh(i)*5e8)
	}
	lines, err := c.Lines()
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(lines, []byte("a &amp; b")); n == 0 || n > maxLabels+1 {
		t.Errorf("labels of 500 days: got %d, want 1 to %d", n, maxLabels+1)
	}
	c.Labels, c.Values = c.Labels[:3], [][]swap.Sesh{c.Values[0][:3], c.Values[1][:3]}
	c.Dark = true
	bars, err := c.Bars()
	if err != nil {
		t.Fatal(err)
	}
	for _, image := range [][]byte{lines, bars} {
		if bytes.Contains(image, []byte("style=")) || bytes.Contains(image, []byte("<paid>")) || !bytes.Contains(image, []byte("fill=\"")) {
			t.Errorf("a chart with styles, unescaped words or no colours:\n%s", image)
		}
		if err := xml.Unmarshal(image, new(struct{})); err != nil {
			t.Error(err)
		}
	}
	one := Chart{Series: []string{"owed"}, Labels: []string{"2026-11-22"}, Values: [][]swap.Sesh{{0}}, Decimal: "."}
	if _, err := one.Lines(); err != nil {
		t.Errorf("a single day: %v", err)
	}
	if got := c.number(1_250_000); got != "1,25 M" {
		t.Errorf("the number 1250000: got %q, want %q", got, "1,25 M")
	}
}

// TestPlain: of a drawing only shapes and text get through; what names something outside it is
// refused.
func TestPlain(t *testing.T) {
	const shape = `<path d="M 0 0" fill="red"></path><text x="1" y="2">a &lt; b</text></svg>`
	good := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M 0 0" style="fill:red; cursor:help" onload="x"/><text x="1" xlink:href="x" y="2">a &lt; b</text></svg>`
	for words, want := range map[string]string{
		`x"y`: `<svg role="img" aria-label="x&#34;y" viewBox="0 0 1 1" font-family="system-ui, sans-serif">` + shape,
		"":    `<svg xmlns="http://www.w3.org/2000/svg" width="720" height="320" viewBox="0 0 1 1" font-family="system-ui, sans-serif">` + shape,
	} {
		if got, err := plain([]byte(good), words); err != nil || string(got) != want {
			t.Errorf("words %q: got %s, %v, want %s", words, got, err, want)
		}
	}
	for _, bad := range []string{
		`<script>1</script>`, `<image href="http://x"/>`, `<path style="fill:url(http://x)"/>`, `<path d="url(x)"/>`, `<!-- x -->`, `<?x?>`, `<path`, `<foreignObject/>`,
	} {
		if got, err := plain([]byte("<svg>"+bad+"</svg>"), ""); err == nil {
			t.Errorf("%s: got %s, want an error", bad, got)
		}
	}
}
