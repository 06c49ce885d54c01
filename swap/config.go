package swap

import "fmt"

// Config are the operators and limits in force; every change is a config.set entry. No limit may be
// zero.
type Config struct {
	Operators []string `json:"operators"` // verifier keys in note form
	Quorum    int      `json:"quorum"`    // daemons that must agree
	Daemons   int      `json:"daemons"`   // daemons configured
	Limits    Limits   `json:"limits"`
	Rails     Rails    `json:"rails"`
}

// Limits above which a round needs a second operator's approval, in atomic SESH.
type Limits struct {
	Recipient Sesh `json:"recipient"` // new amounts of one recipient in one round
	Round     Sesh `json:"round"`     // new amounts of one round
	Day       Sesh `json:"day"`       // new amounts of the rounds approved on one day (UTC)
}

// Check refuses settings that are missing or weaker than the terms allow.
func (c *Config) Check(terms *Terms) error {
	if _, err := operatorKeys(c.Operators); err != nil {
		return err
	}
	least := 2
	if terms.Fakechain() {
		least = 1
	}
	if c.Quorum < least {
		return fmt.Errorf("quorum %d: at least %d daemons must agree", c.Quorum, least)
	}
	if c.Daemons < c.Quorum || 2*c.Quorum <= c.Daemons {
		return fmt.Errorf("quorum %d of %d daemons: expected more than half of them", c.Quorum, c.Daemons)
	}
	for _, limit := range []struct {
		name  string
		value uint64
	}{
		{"limits.recipient", uint64(c.Limits.Recipient)}, {"limits.round", uint64(c.Limits.Round)}, {"limits.day", uint64(c.Limits.Day)},
		{"rails.transaction", uint64(c.Rails.Transaction)}, {"rails.day", uint64(c.Rails.Day)},
		{"rails.gas_price", uint64(c.Rails.GasPrice)}, {"rails.batch", c.Rails.Batch},
	} {
		if limit.value == 0 {
			return fmt.Errorf("%s is 0 or missing: set the most that you allow", limit.name)
		}
	}
	return nil
}
