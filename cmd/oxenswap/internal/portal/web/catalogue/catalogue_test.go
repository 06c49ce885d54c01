package catalogue

import (
	"html/template"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ asked, accept, want string }{
		{"", "", "en"}, {"", "de-AT,de;q=0.9,en;q=0.5", "de"}, {"", "fr", "en"}, {"de", "en", "de"}, {"xx", "de", "de"},
		{"", "en-GB;q=0.3, de;q=0.8", "de"}, {"", strings.Repeat("de,", 9) + ";;", "en"},
	} {
		l := c.Choose(test.asked, test.accept)
		if l.Code != test.want || l.Asked != (test.asked == test.want) {
			t.Errorf("asked %q, accepts %q: %s, asked %t", test.asked, test.accept, l.Code, l.Asked)
		}
	}
	asked, silent := c.Choose("de", ""), c.Choose("", "de")
	if asked.Link("/verify#a") != "/verify?lang=de#a" || silent.Link("/verify") != "/verify" {
		t.Error(asked.Link("/verify#a"), silent.Link("/verify"))
	}
}

func TestText(t *testing.T) {
	l, err := parse("en", "[a]\nb = \"<b> **{x}** `{x} y` [to {x}](/z) & {html}\"")
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Text("a.b", "x", "<i>", "html", template.HTML("<u>"))
	want := `&lt;b&gt; <strong>&lt;i&gt;</strong> <code>&lt;i&gt; y</code> <a href="/z">to &lt;i&gt;</a> &amp; <u>`
	if err != nil || string(got) != want {
		t.Errorf("text a.b: got %s, %v, want %s", got, err, want)
	}
	for _, bad := range []func() (template.HTML, error){
		func() (template.HTML, error) { return l.Text("a.c") },
		func() (template.HTML, error) { return l.Text("a.b", "x", 1) },
		func() (template.HTML, error) { return l.Text("a.b", "x") },
	} {
		if got, err := bad(); err == nil {
			t.Errorf("a text with a missing key or value: got %s, want an error", got)
		}
	}
	for _, bad := range []string{"", "{X}", "a ** b", "[a](http://elsewhere)", "`"} {
		if _, err := parseText(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	other, err := parse("de", "[a]\nb = \"{x}\"\n[c]\nd = \"e\"")
	if err != nil {
		t.Fatal(err)
	}
	if other.sameAs(l) == nil || l.sameAs(other) == nil {
		t.Error("languages that differ are the same")
	}
}
