package endpoint

import (
	"strings"
	"testing"
)

func TestDistinct(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"http://127.0.0.1:22023", "http://127.0.0.1:22023", true},
		{"http://127.0.0.1:22023", "http://127.0.0.1:22023/", true},
		{"http://127.0.0.1:22023", "http://127.0.0.1:22023/json_rpc", true},
		{"http://127.0.0.1:22023", "http://localhost:22023", true},
		{"http://127.0.0.1:22023", "http://LocalHost.:22023", true},
		{"http://127.0.0.1:22023", "http://127.8.8.8:22023", true},
		{"http://127.0.0.1:22023", "http://[::1]:22023", true},
		{"http://127.0.0.1:22023", "http://[::ffff:127.0.0.1]:22023", true},
		{"http://127.0.0.1:22023", "http://0.0.0.0:22023", true},
		{"http://127.0.0.1:22023", "http://127.1:22023", true},
		{"http://127.0.0.1:22023", "http://2130706433:22023", true},
		{"http://127.0.0.1:22023", "http://0x7f.0.0.1:022023", true},
		{"http://127.0.0.1:22023", "HTTPS://user:password@localhost:22023", true},
		{"http://node.example", "http://NODE.example:80", true},
		{"https://node.example", "https://node.example:443/key", true},
		{"https://node.example/one", "https://node.example/another", true},
		{"http://[2001:db8::1]:1", "http://[2001:DB8:0:0::1]:1", true},
		{"http://10.0.0.1:1", "http://[::ffff:10.0.0.1]:1", true},
		{"http://127.0.0.1:22023", "http://127.0.0.1:22123", false},
		{"http://10.0.0.1:22023", "http://10.0.0.2:22023", false},
		{"http://node.example", "https://node.example", false},
		{"http://a.example", "http://b.example", false},
		{"http://256.0.0.1:1", "http://0.0.0.1:1", false},
		{"http://1.2.3.4.5:1", "http://1.2.3.4:1", false},
	} {
		for _, servers := range [][]Server{{{"a", c.a}, {"b", c.b}}, {{"a", c.b}, {"b", c.a}}, {{"a", c.a}, {"x", "http://other.example"}, {"b", c.b}}} {
			err := Distinct(servers)
			if (err != nil) != c.same || err != nil && (!strings.Contains(err.Error(), "a and b are the same host and port") || strings.Contains(err.Error(), "password")) {
				t.Errorf("%s and %s: got %v, want the same: %t", servers[0].URL, servers[len(servers)-1].URL, err, c.same)
			}
		}
	}
	if err := Distinct([]Server{{"a", "http://\x7f:secret@"}}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("no URL: got %v, want a refusal that does not repeat it", err)
	}
	if err := Distinct(nil); err != nil {
		t.Error(err)
	}
}
