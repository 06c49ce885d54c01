package main

import (
	"strings"
	"testing"
)

func TestKeyConfig(t *testing.T) {
	const address = `address = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"`
	schedule := "\n[schedule]\ntake = \"@every 20s\"\nfinalize = \"*/5 * * * *\"\n"
	for _, c := range []struct{ name, text, says string }{
		{"nothing", ``, ""},
		{"an address alone", address, ""},
		{"a keystore", "keystore = \"a.json\"\npassword_file = \"a.password\"", ""},
		{"a keystore without its password", address + "\nkeystore = \"a.json\"", "go together"},
		{"a password without its keystore", address + "\npassword_file = \"a.password\"", "go together"},
		{"a socket", address + "\nexternal = \"/run/clef/clef.ipc\"", ""},
		{"a socket beside the configuration", address + "\nexternal = \"clef.ipc\"", ""},
		{"a URL", address + "\nexternal = \"https://signer.example:8550/\"", ""},
		{"no URL", address + "\nexternal = \"ws://operator:hunter2@signer.example\"", "such as http://"},
		{"a socket without an address", "external = \"clef.ipc\"", "which of the signer's accounts"},
		{"a mistyped address", "address = \"0x19e7E376E7C213B7E7e7e46cc70A5dD086DAff2A\"\nexternal = \"clef.ipc\"", "EIP-55"},
		{"both", address + "\nkeystore = \"a.json\"\npassword_file = \"a.password\"\nexternal = \"clef.ipc\"", "one of the two ways"},
		{"both, by half", address + "\npassword_file = \"a.password\"\nexternal = \"clef.ipc\"", "one of the two ways"},
		{"an unknown word", address + "\nexternal_signer = \"clef.ipc\"", "unknown key"},
	} {
		for _, role := range []string{"owner", "publisher", "guardian"} {
			_, err := parseConfig([]byte("[chain." + role + "]\n" + c.text + schedule))
			switch {
			case c.says == "" && err != nil, c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("%s: %v, expected %q", c.name, err, c.says)
			case err != nil && !strings.Contains(err.Error(), "chain."+role):
				t.Errorf("%s: %v does not name the role", c.name, err)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("%s: %v gives a password away", c.name, err)
			}
		}
	}
}
