package datadir

import (
	"bytes"
	"cmp"
	"encoding"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/robfig/cron/v3"

	"oxenswap/cmd/internal/endpoint"
	"oxenswap/cmd/internal/secret"
	"oxenswap/swap"
	"oxenswap/swap/ledger"
)

// ConfigFile is the name of the configuration in the data directory.
const ConfigFile = "oxenswap.toml"

// Config is the configuration file. Operators, quorum, limits and rails are put into force by a
// config.set entry.
type Config struct {
	Operators []string       `toml:"operators"`
	Witnesses []string       `toml:"witnesses"`
	Oxen      OxenConfig     `toml:"oxen"`
	Limits    LimitsConfig   `toml:"limits"`
	Rails     RailsConfig    `toml:"rails"`
	Chain     ChainConfig    `toml:"chain"`
	Schedule  ScheduleConfig `toml:"schedule"`
	Serve     ServeConfig    `toml:"serve"`
	Portal    *PortalConfig  `toml:"portal"`
}

type OxenConfig struct {
	Quorum  int            `toml:"quorum"`
	Daemons []DaemonConfig `toml:"daemon"`
}

type DaemonConfig struct {
	Name string `toml:"name"`
	URL  string `toml:"url"`
}

type LimitsConfig struct {
	Recipient string `toml:"recipient"`
	Round     string `toml:"round"`
	Day       string `toml:"day"`
}

type RailsConfig struct {
	Transaction string `toml:"transaction"`
	Day         string `toml:"day"`
	GasPrice    string `toml:"gas_price"`
	Batch       uint64 `toml:"batch"`
}

type ChainConfig struct {
	RPC         []string  `toml:"rpc"`
	EthereumRPC string    `toml:"ethereum_rpc"`
	Owner       KeyConfig `toml:"owner"`
	Publisher   KeyConfig `toml:"publisher"`
	Guardian    KeyConfig `toml:"guardian"`
}

type ScheduleConfig struct {
	Take     string `toml:"take"`
	Finalize string `toml:"finalize"`
	Publish  string `toml:"publish"`
}

type ServeConfig struct {
	Listen  string `toml:"listen"`
	Metrics string `toml:"metrics"`
}

var configTemplate = template.Must(template.New("").Parse(`# oxenswap: configuration of migration {{.ID}} ({{.Name}}).
# Amounts are atomic units in strings: 1 SESH = "1000000000". A limit cannot be 0.
# Operators, quorum, limits and rails are written to the ledger whenever a command finds them changed.

# Verifier keys of the operators who approve rounds, as "oxenswap operator keygen" prints them.
operators = [
{{- range .Operators}}
  "{{.}}",
{{- end}}
]

# Keys of witnesses, whose cosignatures of checkpoints "oxenswap ledger cosign" keeps.
witnesses = []

[oxen]
# This many daemons must give the same answer: more than half of them{{if .Fakechain}}; on a fakechain one is enough{{else}}, and at least 2{{end}}.
quorum = {{.Quorum}}
{{range .Daemons}}
[[oxen.daemon]]
name = "{{.Name}}"
url = "{{.URL}}"
{{end}}
[limits]
# A round above one of these needs a second operator's approval: new amounts of one recipient, of one round, and of all
# rounds approved on one day (UTC).
recipient = "{{.Limits.Recipient}}"
round = "{{.Limits.Round}}"
day = "{{.Limits.Day}}"

[rails]
# Sending stops at these and asks a person: SESH in one transaction, SESH signed on one day (UTC), wei per gas,
# recipients in one push transaction.
transaction = "{{.Rails.Transaction}}"
day = "{{.Rails.Day}}"
gas_price = "{{.Rails.GasPrice}}"
batch = {{.Rails.Batch}}

[chain]
# JSON-RPC of the token's chain (id {{.ChainID}}); with two of them both must agree.
rpc = [{{range $i, $u := .Chain.RPC}}{{if $i}}, {{end}}"{{$u}}"{{end}}]
# JSON-RPC of Ethereum, only to find contract wallets that do not exist on the token's chain. Empty: not checked.
ethereum_rpc = ""

# The three roles of the distributor, three addresses. For those for which this machine signs, give either keystore and
# password_file (paths, relative to this file), or external: the socket or URL of a signer such as Clef, as
# "/run/clef/clef.ipc" or "http://127.0.0.1:8550". The owner's belongs on a development chain only.
[chain.owner]
address = "{{.Chain.Owner.Address}}"
{{if .Chain.Owner.Keystore}}keystore = "{{.Chain.Owner.Keystore}}"
password_file = "{{.Chain.Owner.PasswordFile}}"{{else}}# keystore = "owner.json"
# password_file = "owner.json.password"{{end}}

[chain.publisher]
address = "{{.Chain.Publisher.Address}}"
{{if .Chain.Publisher.Keystore}}keystore = "{{.Chain.Publisher.Keystore}}"
password_file = "{{.Chain.Publisher.PasswordFile}}"{{else}}# keystore = "publisher.json"
# password_file = "publisher.json.password"{{end}}

[chain.guardian]
address = "{{.Chain.Guardian.Address}}"
{{if .Chain.Guardian.Keystore}}keystore = "{{.Chain.Guardian.Keystore}}"
password_file = "{{.Chain.Guardian.PasswordFile}}"{{else}}# keystore = "guardian.json"
# password_file = "guardian.json.password"{{end}}

[schedule]
# When "oxenswap serve" takes a snapshot that is due, and finalises snapshots (cron expressions, UTC).
take = "@every 20s"
finalize = "*/5 * * * *"
# When it updates the public export of the ledger, the folder "public" beside this file: at least every minute.
publish = "@every 20s"

[serve]
# Where it serves that folder under /ledger/, such as "127.0.0.1:8480" behind a web server. Empty: it does not.
listen = ""
# Where it serves its metrics for Prometheus under /metrics, such as "127.0.0.1:9464"; not for the public. Empty: it does not.
metrics = ""
` + portalTemplate))

// NewConfig writes the first configuration. Limits start at a hundredth of the caps for one
// recipient, a tenth for a round, and a fifth for a day; rails at a fifth for a transaction and
// half for a day.
func NewConfig(terms *swap.Terms, operators []string, daemons []DaemonConfig, chain ChainConfig) ([]byte, error) {
	if len(daemons) == 0 {
		daemons = []DaemonConfig{{"a", "http://127.0.0.1:22023"}, {"b", "http://127.0.0.1:22123"}}
	}
	quorum := len(daemons)/2 + 1
	part := func(n swap.Sesh) string { return fmt.Sprint(uint64(max(terms.CapSum()/n, 1))) }
	var buf bytes.Buffer
	err := configTemplate.Execute(&buf, map[string]any{
		"ID": terms.ID(), "Name": terms.Name, "Operators": operators, "Quorum": quorum, "Fakechain": terms.Fakechain(),
		"Daemons": daemons, "ChainID": terms.Token.ChainID,
		"Chain":  chain,
		"Limits": LimitsConfig{part(100), part(10), part(5)},
		"Rails":  RailsConfig{part(5), part(2), "100000000000", 200},
	})
	return buf.Bytes(), err
}

// NoConfigError says that a folder has no configuration that can be read, so that it is no data
// directory.
type NoConfigError struct{ Err error }

func (e *NoConfigError) Error() string { return "reading the configuration: " + e.Err.Error() }

// Unwrap returns why.
func (e *NoConfigError) Unwrap() error { return e.Err }

// ReadConfig reads and checks the configuration of a data directory.
func ReadConfig(dir string) (*Config, error) {
	path := filepath.Join(dir, ConfigFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &NoConfigError{err}
	}
	c, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// ParseConfig reads and checks a configuration.
func ParseConfig(text []byte) (*Config, error) {
	// Before anything of it is repeated by an error or recorded.
	if err := secret.CheckFile("the configuration", string(text), false); err != nil {
		return nil, err
	}
	c := &Config{}
	meta, err := toml.Decode(string(text), c)
	if err != nil {
		return nil, err
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("unknown key %s", unknown[0])
	}
	names := map[string]bool{}
	for _, d := range c.Oxen.Daemons {
		if d.Name == "" || names[d.Name] {
			return nil, fmt.Errorf("oxen.daemon %q: every daemon needs a name of its own", d.Name)
		}
		names[d.Name] = true
		if err := CheckURL(d.URL); err != nil {
			return nil, fmt.Errorf("oxen.daemon %s: %w", d.Name, err)
		}
	}
	if err := DistinctDaemons(c.Oxen.Daemons); err != nil {
		return nil, fmt.Errorf("oxen.daemon: %w", err)
	}
	for _, u := range append(strings.Fields(c.Chain.EthereumRPC), c.Chain.RPC...) {
		if err := CheckURL(u); err != nil {
			return nil, fmt.Errorf("chain: %w", err)
		}
	}
	if err := DistinctNodes(c.Chain.RPC); err != nil {
		return nil, fmt.Errorf("chain.rpc: %w", err)
	}
	for _, k := range c.Chain.Keys() {
		if err := k.check(); err != nil {
			return nil, fmt.Errorf("chain.%s: %w", k.Role, err)
		}
	}
	c.Schedule.Publish = cmp.Or(c.Schedule.Publish, "@every 20s")
	for name, expr := range map[string]string{"take": c.Schedule.Take, "finalize": c.Schedule.Finalize, "publish": c.Schedule.Publish} {
		when, err := cron.ParseStandard(expr)
		if err != nil {
			return nil, fmt.Errorf("schedule.%s = %q is not a cron expression: %w", name, expr, err)
		}
		first := when.Next(time.Unix(0, 0).UTC())
		if second := when.Next(first); name == "publish" && second.Sub(first) > time.Minute {
			return nil, fmt.Errorf("schedule.publish = %q: the ledger is published at least every minute, such as \"@every 20s\"",
				expr)
		}
	}
	if c.Serve.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Serve.Listen); err != nil {
			return nil, fmt.Errorf("serve.listen = %q is not an address such as 127.0.0.1:8480: %w", c.Serve.Listen, err)
		}
	}
	if _, err := c.WitnessKeys(); err != nil {
		return nil, err
	}
	if err := c.Portal.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// DistinctDaemons refuses one daemon under two names: it would be its own quorum.
func DistinctDaemons(daemons []DaemonConfig) error {
	servers := make([]endpoint.Server, len(daemons))
	for i, d := range daemons {
		servers[i] = endpoint.Server{Name: d.Name, URL: d.URL}
	}
	return endpoint.Distinct(servers)
}

// DistinctNodes refuses one node of a chain that is named twice: it would confirm itself.
func DistinctNodes(urls []string) error {
	servers := make([]endpoint.Server, len(urls))
	for i, u := range urls {
		servers[i] = endpoint.Server{Name: fmt.Sprintf("node %d", i+1), URL: u}
	}
	return endpoint.Distinct(servers)
}

// CheckURL refuses what is no http or https URL, without repeating a password in it.
func CheckURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is not a URL such as http://127.0.0.1:22023", redact(s))
	}
	return nil
}

// redact hides a password in a URL.
func redact(s string) string {
	if u, err := url.Parse(s); err == nil {
		return u.Redacted()
	}
	return "(malformed)"
}

// InForce is what a config.set entry records of the configuration.
func (c *Config) InForce(terms *swap.Terms) (swap.Config, error) {
	out := swap.Config{Operators: c.Operators, Quorum: c.Oxen.Quorum, Daemons: len(c.Oxen.Daemons)}
	for _, field := range []struct {
		name, value string
		to          encoding.TextUnmarshaler
	}{
		{"limits.recipient", c.Limits.Recipient, &out.Limits.Recipient},
		{"limits.round", c.Limits.Round, &out.Limits.Round},
		{"limits.day", c.Limits.Day, &out.Limits.Day},
		{"rails.transaction", c.Rails.Transaction, &out.Rails.Transaction},
		{"rails.day", c.Rails.Day, &out.Rails.Day},
		{"rails.gas_price", c.Rails.GasPrice, &out.Rails.GasPrice},
	} {
		if err := field.to.UnmarshalText([]byte(field.value)); err != nil {
			return out, fmt.Errorf("%s: %s: %w", ConfigFile, field.name, err)
		}
	}
	out.Rails.Batch = c.Rails.Batch
	if err := out.Check(terms); err != nil {
		return out, fmt.Errorf("%s: %w", ConfigFile, err)
	}
	return out, nil
}

// WitnessKeys reads the keys of the configured witnesses.
func (c *Config) WitnessKeys() ([]*ledger.Witness, error) {
	var out []*ledger.Witness
	names := map[string]bool{}
	for _, vkey := range c.Witnesses {
		w, err := ledger.NewWitness(vkey)
		if err != nil {
			return nil, fmt.Errorf("witnesses: %w", err)
		}
		if names[w.Name()] {
			return nil, fmt.Errorf("witnesses: two keys have the name %s", w.Name())
		}
		names[w.Name()] = true
		out = append(out, w)
	}
	return out, nil
}
