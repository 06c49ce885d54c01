package swap

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
)

var (
	portalForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(/[a-z0-9._-]+)*$`)
	programmeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)
	networks      = []string{"mainnet", "testnet", "devnet", "stagenet", "fakechain"}
)

func (r *treeReader) terms(top table) *Terms {
	t := &Terms{}
	version, _ := top.integer("version", true)
	if r.err == nil && version != 1 {
		r.fail("version", "%d: this program reads version 1", version)
	}
	t.Version = int(version)
	t.Name, _ = top.str("name", true)
	t.Portal, _ = top.str("portal", true)
	if t.Portal != "" && (!portalForm.MatchString(t.Portal) || len(t.Portal) > maxPortal) {
		r.fail("portal", "%q: expected a host name in lower case, with an optional path, at most %d characters", t.Portal, maxPortal)
	}
	t.Opens, _ = top.time("opens", true)
	t.Closes, _ = top.time("closes", true)
	t.LegacyClaims = top.boolean("legacy_claims")
	t.MinPush = Sesh(top.amount("min_push", false))
	t.Oxen = r.oxen(top.sub("oxen"))
	t.Token = r.token(top.sub("token"))
	for _, p := range top.tables("programme", true) {
		t.Programmes = append(t.Programmes, r.programme(p, t))
	}
	top.done()
	return t
}

func (r *treeReader) oxen(o table) OxenTerms {
	var out OxenTerms
	out.Network, _ = o.str("network", true)
	if out.Network != "" && !slices.Contains(networks, out.Network) {
		r.fail(o.at("network"), "%q: expected one of %s", out.Network, strings.Join(networks, ", "))
	}
	if s, ok := o.str("genesis", true); ok {
		var err error
		if out.Genesis, err = ParseHash(s); err != nil {
			r.fail(o.at("genesis"), "%v", err)
		}
	}
	depth, given := o.integer("finality_depth", out.Network == "fakechain")
	if given && depth == 0 {
		r.fail(o.at("finality_depth"), "0: expected at least 1 block")
	}
	out.FinalityDepth = depth
	o.done()
	return out
}

func (r *treeReader) token(o table) TokenTerms {
	var out TokenTerms
	out.ChainID, _ = o.integer("chain_id", true)
	if r.err == nil && out.ChainID == 0 {
		r.fail(o.at("chain_id"), "0: expected the id of the token's chain")
	}
	if s, ok := o.str("address", true); ok {
		var err error
		if out.Address, err = ParseEIP55(s); err != nil {
			r.fail(o.at("address"), "%v", err)
		} else if out.Address == (common.Address{}) {
			r.fail(o.at("address"), "the zero address is not a token")
		}
	}
	out.Symbol, _ = o.str("symbol", true)
	decimals, _ := o.integer("decimals", true)
	if r.err == nil && decimals != 9 {
		r.fail(o.at("decimals"), "%d: the token must have 9 decimals, as OXEN has", decimals)
	}
	out.Decimals = uint8(decimals)
	out.NotRecipients = o.addresses("not_recipients", maxNoRecipients)
	if s, ok := o.str("contribution_factory", false); ok {
		out.ContributionFactory = o.address("contribution_factory", s)
	}
	o.done()
	return out
}

func (r *treeReader) programme(o table, t *Terms) Programme {
	var p Programme
	p.Name, _ = o.str("name", true)
	if p.Name != "" && !programmeForm.MatchString(p.Name) {
		r.fail(o.at("name"), "%q: expected lower-case letters, digits and hyphens, at most 32", p.Name)
	}
	kind, _ := o.str("kind", true)
	p.Kind = Kind(kind)
	p.Cap = Sesh(o.amount("cap", true))
	p.Opens, p.Closes = t.Opens, t.Closes
	if at, ok := o.time("opens", false); ok {
		p.Opens = at
	}
	if at, ok := o.time("closes", false); ok {
		p.Closes = at
	}
	switch p.Kind {
	case ConvertStake, ConvertRewards, ConvertCoins:
		p.SnapshotHeight = r.height(o, "snapshot_height")
		p.SnapshotWindow, _ = o.integer("snapshot_window", false)
		p.Ratio = o.ratio("ratio")
		if p.Kind == ConvertCoins {
			p.Steps = r.steps(o)
			p.MinCoins = Oxen(o.amount("min_coins", false))
		}
	case ConvertDeposits:
		p.Ratio = o.ratio("ratio")
		p.Steps = r.steps(o)
	case SharePoints:
		r.points(o, &p)
	case Grant:
	case "":
		return p // without a kind nobody can say which keys are unknown
	default:
		r.fail(o.at("kind"), "%q: expected convert-stake, convert-rewards, convert-coins, convert-deposits, share-points or grant", kind)
	}
	if p.SnapshotWindow > maxHeight {
		r.fail(o.at("snapshot_window"), "%d blocks: expected at most %d", p.SnapshotWindow, maxHeight)
	}
	o.done()
	return p
}

func (r *treeReader) height(o table, key string) uint64 {
	h, ok := o.integer(key, true)
	if ok && (h == 0 || h > maxHeight) {
		r.fail(o.at(key), "%d: expected the height of a block after the genesis, at most %d", h, maxHeight)
	}
	return h
}

func (r *treeReader) points(o table, p *Programme) {
	p.FromHeight = r.height(o, "from_height")
	p.ToHeight = r.height(o, "to_height")
	p.SnapshotWindow, _ = o.integer("snapshot_window", false)
	every, given := o.integer("every", false)
	p.Every = every
	if r.err != nil {
		return
	}
	switch {
	case p.ToHeight < p.FromHeight:
		r.fail(o.at("to_height"), "%d is below from_height %d", p.ToHeight, p.FromHeight)
	case given && every == 0:
		r.fail(o.at("every"), "0: expected a number of blocks")
	case given && (p.ToHeight-p.FromHeight)%every != 0:
		r.fail(o.at("to_height"), "%d is not from_height plus a multiple of every", p.ToHeight)
	case given && p.SnapshotWindow >= every:
		r.fail(o.at("snapshot_window"), "%d reaches the next height: it must be less than every", p.SnapshotWindow)
	case !given && p.SnapshotWindow != 0:
		r.fail(o.at("snapshot_window"), "means nothing without every")
	}
}

func (r *treeReader) steps(o table) []Step {
	var out []Step
	for i, s := range o.tables("steps", false) {
		var step Step
		step.From, _ = s.time("from", true)
		step.Factor = s.ratio("factor")
		s.done()
		if i > 0 && !step.From.After(out[i-1].From) {
			r.fail(s.at("from"), "steps must be in the order of their dates")
		}
		out = append(out, step)
	}
	return out
}

// StepAt returns the factor in force at a time in Unix seconds: 1/1 before the first step.
func (p *Programme) StepAt(unix int64) Ratio {
	factor := Ratio{1, 1}
	for _, s := range p.Steps {
		if s.From.Unix() <= unix {
			factor = s.Factor
		}
	}
	return factor
}
