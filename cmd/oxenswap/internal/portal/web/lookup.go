package web

import (
	"errors"
	"fmt"
	"html/template"
	"math/big"
	"net/http"
	"slices"

	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

// maxTyped is how much of what was typed is shown again, in characters.
const maxTyped = 260

func (s *Site) home(r *http.Request, v *view) (answer, error) {
	return answer{page: "home", data: lookupPage{}}, nil
}

// lookupPage is what an account has and gets, or why that cannot be said.
type lookupPage struct {
	Typed    string
	Problem  *errorText
	Account  *desk.Account
	Named    *desk.Balance // at the snapshot at which stake, rewards and coins convert
	Earlier  []desk.Balance
	Rows     []row
	Expected swap.Sesh // of snapshots that are taken and not final
	CanClaim bool
}

// row is one programme.
type row struct {
	desk.Owed
	Words    []template.HTML // the arithmetic
	Rounded  bool
	Expected swap.Sesh // once the snapshot, which is taken, is final
}

func (s *Site) lookup(r *http.Request, v *view) (answer, error) {
	fields, err := s.form(r)
	if err != nil {
		return answer{}, err
	}
	page := lookupPage{Typed: printable(fields.Get("oxen"), maxTyped)}
	if page.Typed == "" {
		return answer{page: "home", data: page}, nil
	}
	account, err := s.desk.Lookup(r.Context(), fields.Get("oxen"))
	if err != nil {
		if !errors.As(err, new(*swap.Refusal)) {
			return answer{}, err
		}
		p := explain(err)
		page.Problem = &p
		return answer{page: "home", data: page, status: p.Status}, nil
	}
	page.Account = account
	for _, b := range account.Balances {
		if b.Named {
			page.Named = &b
		} else {
			page.Earlier = append(page.Earlier, b)
		}
	}
	if page.Rows, err = v.rows(account, page.Named); err != nil {
		return answer{}, err
	}
	for _, row := range page.Rows {
		page.Expected += row.Expected
	}
	page.CanClaim = v.Open && slices.ContainsFunc(account.NextSteps, func(n desk.NextStep) bool {
		return n == desk.NextClaim || n == desk.NextProve
	}) || v.Open && account.Claim != nil
	return answer{page: "lookup", data: page}, nil
}

// rows are the programmes that have, or could have, something for an account.
func (v *view) rows(a *desk.Account, named *desk.Balance) ([]row, error) {
	var out []row
	for i, o := range a.Programmes {
		p := v.Migration.Programmes[i]
		one := row{Owed: o, Rounded: o.Remainder != swap.Quantity{}}
		for _, part := range o.Parts {
			words, err := v.arithmetic(p, o, part)
			if err != nil {
				return nil, err
			}
			one.Words = append(one.Words, words)
		}
		if o.Waiting && named != nil && p.Ratio != nil && len(o.Parts) == 0 {
			var source swap.Oxen
			switch p.Kind {
			case swap.ConvertStake:
				source = named.Staked
			case swap.ConvertRewards:
				source = named.Rewards
			}
			var err error
			if one.Expected, err = p.Ratio.Of(source).Floor(); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// arithmetic is how a part of what is owed was computed, in words and numbers.
func (v *view) arithmetic(p desk.Programme, o desk.Owed, part swap.Part) (template.HTML, error) {
	height := uint64(0)
	if len(o.Heights) > 0 {
		height = o.Heights[0]
	}
	if p.Kind == swap.SharePoints {
		limit, err := v.Coins(p.Cap)
		if err != nil {
			return "", err
		}
		return v.Text("sum.share-points", "cap", limit, "points", v.Count(part.Source), "all", v.Count(part.Den), "snapshots", len(o.Heights), "symbol", v.Migration.Token.Symbol,
			"percent", v.percent(part))
	}
	source, err := v.Coins(swap.Oxen(part.Source.Int().Uint64()))
	if err != nil {
		return "", err
	}
	return v.Text("sum."+string(p.Kind), "source", source, "num", part.Num, "den", part.Den, "height", v.Count(height))
}

// percent is a share in percent, to four decimals, rounded down.
func (v *view) percent(part swap.Part) string {
	if part.Den.Int().IsZero() {
		return "0"
	}
	n := new(big.Int).Mul(part.Source.Int().ToBig(), big.NewInt(100_0000))
	share := n.Div(n, part.Den.Int().ToBig()).Uint64()
	words, err := v.decimal(fmt.Sprintf("%d.%04d", share/1_0000, share%1_0000))
	if err != nil {
		return ""
	}
	return words
}
