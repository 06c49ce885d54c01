// Package endpoint tells servers apart by their URLs: two that must agree are no two if they are
// the same host and port, however spelt.
package endpoint

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Server is a URL with the name that messages give it; they never show the URL, which may hold a
// password or a key.
type Server struct{ Name, URL string }

// Distinct refuses two servers of the same host and port. Names of hosts are compared as they are
// spelt: what they resolve to can change at any time.
func Distinct(servers []Server) error {
	first := map[string]string{}
	for _, s := range servers {
		at, err := address(s.URL)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
		if before, twice := first[at]; twice {
			return fmt.Errorf("%s and %s are the same host and port: one server cannot confirm itself, name another one", before, s.Name)
		}
		first[at] = s.Name
	}
	return nil
}

// loopback stands for every name and address by which a machine reaches itself.
const loopback = "loopback"

// address is a URL's host and port in one spelling.
func address(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("it is not a URL such as http://127.0.0.1:22023")
	}
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		port = strconv.FormatUint(n, 10) // 08545 is 8545
	} else if strings.EqualFold(u.Scheme, "https") {
		port = "443"
	} else {
		port = "80"
	}
	return host(u.Hostname()) + " " + port, nil
}

func host(name string) string {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "ip6-localhost" || name == "localhost.localdomain" {
		return loopback
	}
	a, err := netip.ParseAddr(name)
	if err != nil {
		var ok bool
		if a, ok = numeric(name); !ok {
			return name
		}
	}
	if a = a.Unmap(); a.IsLoopback() || a.IsUnspecified() { // connecting to 0.0.0.0 leads to this machine
		return loopback
	}
	return a.String()
}

// numeric reads the old spellings of an IPv4 address that system resolvers take: one to four
// numbers, decimal, octal or hexadecimal, the last of which fills the rest.
func numeric(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 0, 32)
		if err != nil {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 255 {
				return netip.Addr{}, false
			}
			sum |= n << (24 - 8*i)
			continue
		}
		if n >= 1<<(8*(4-i)) {
			return netip.Addr{}, false
		}
		sum |= n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}
