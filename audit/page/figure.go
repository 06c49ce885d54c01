package page

import (
	"fmt"
	"html/template"
	"strings"

	"oxenswap/audit"
	"oxenswap/chart"
	"oxenswap/swap"
)

// Figure is a chart with its words.
type Figure struct {
	Title, Caption string
	SVG            template.HTML
}

// maxBars is how many categories a chart shows: the labels of more run into each other.
const maxBars = 12

// bars is a chart of amounts with its words: one group of bars for each label.
type bars struct {
	title, caption string
	chart.Chart
}

// figures are the charts of a report.
func figures(r *audit.Report) ([]Figure, error) {
	programmes := bars{"Programmes", "What each programme has given, and what is still unclaimed, in SESH.", chart.Chart{
		Series: []string{"given", "unclaimed"}, Values: make([][]swap.Sesh, 2), Decimal: ".",
	}}
	for _, p := range r.Programmes {
		programmes.add(p.Name, p.Given, p.Unclaimed)
	}
	rounds := bars{"Rounds", "What each published round gives, and what was paid while it was live, in SESH.", chart.Chart{
		Series: []string{"given", "paid"}, Values: make([][]swap.Sesh, 2), Decimal: ".", Axis: "round",
	}}
	for _, x := range published(r) {
		rounds.add(fmt.Sprint(x.Round), x.Amount, x.Paid)
	}
	var out []Figure
	for _, b := range []bars{programmes, rounds} {
		if len(b.Labels) == 0 {
			continue
		}
		f, err := b.draw()
		if err != nil {
			return nil, fmt.Errorf("chart of %s: %w", strings.ToLower(b.title), err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (b *bars) add(label string, values ...swap.Sesh) {
	b.Labels = append(b.Labels, audit.Printable(label))
	for i, v := range values {
		b.Values[i] = append(b.Values[i], v)
	}
}

// draw makes the chart, of the last labels if there are too many.
func (b bars) draw() (Figure, error) {
	if n := len(b.Labels); n > maxBars {
		b.caption += fmt.Sprintf(" The last %d of %d.", maxBars, n)
		b.Labels = b.Labels[n-maxBars:]
		for i := range b.Values {
			b.Values[i] = b.Values[i][n-maxBars:]
		}
	}
	b.Words = b.title + ". " + b.caption
	drawn, err := b.Bars()
	return Figure{Title: b.title, Caption: b.caption, SVG: template.HTML(drawn)}, err
}
