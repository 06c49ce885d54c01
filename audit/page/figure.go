package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/go-analyze/charts"

	"oxenswap/audit"
	"oxenswap/swap"
)

// Figure is a chart with its words.
type Figure struct {
	Title, Caption string
	SVG            template.HTML
}

const (
	figureWidth  = 760
	figureHeight = 300
	// maxBars is how many categories a chart shows: the labels of more run into each other.
	maxBars   = 12
	maxLabel  = 14  // characters
	allLabels = 100 // of all together
)

// bars is a chart of amounts: one group of bars for each label, one bar in it for each series.
type bars struct {
	title, caption string
	axis           string // what the labels are, where they do not say it
	labels, series []string
	values         [][]swap.Amount // by series and label
}

// figures are the charts of a report. Amounts become floating-point numbers here, to be drawn and for nothing else.
func figures(r *audit.Report) ([]Figure, error) {
	programmes := bars{
		title: "Programmes", caption: "What each programme has given, and what is still unclaimed, in SESH.",
		series: []string{"given", "unclaimed"}, values: make([][]swap.Amount, 2),
	}
	for _, p := range r.Programmes {
		programmes.labels = append(programmes.labels, p.Name)
		programmes.values[0] = append(programmes.values[0], p.Given)
		programmes.values[1] = append(programmes.values[1], p.Unclaimed)
	}
	rounds := bars{
		title: "Rounds", axis: "round", caption: "What each published round gives, and what was paid while it was live, in SESH.",
		series: []string{"given", "paid"}, values: make([][]swap.Amount, 2),
	}
	for _, x := range published(r) {
		rounds.labels = append(rounds.labels, fmt.Sprint(x.Round))
		rounds.values[0] = append(rounds.values[0], x.Amount)
		rounds.values[1] = append(rounds.values[1], x.Paid)
	}
	var out []Figure
	for _, b := range []bars{programmes, rounds} {
		if len(b.labels) == 0 {
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

// draw makes the chart, of the last labels if there are too many.
func (b bars) draw() (Figure, error) {
	from := max(0, len(b.labels)-maxBars)
	if from > 0 {
		b.caption += fmt.Sprintf(" The last %d of %d.", maxBars, len(b.labels))
	}
	data := make([][]float64, len(b.values))
	for i, values := range b.values {
		for _, v := range values[from:] {
			data[i] = append(data[i], float64(v)/1e9) // how high a bar is drawn; exact amounts stand in the tables
		}
	}
	o := charts.NewBarChartOptionWithData(data)
	for _, l := range b.labels[from:] {
		label := []rune(audit.Printable(l))
		if limit := min(maxLabel, allLabels/(len(b.labels)-from)); len(label) > limit {
			label = append(label[:limit-1], '…')
		}
		o.CategoryAxis.Labels = append(o.CategoryAxis.Labels, string(label))
	}
	o.CategoryAxis.Title, o.CategoryAxis.TitleFontStyle.FontSize = b.axis, 10
	o.CategoryAxis.LabelCount = len(o.CategoryAxis.Labels)
	o.CategoryAxis.LabelFontStyle.FontSize = 10
	o.Legend.SeriesNames = b.series
	o.ValueAxis[0].Min = charts.Ptr(0.0) // bars whose foot is cut off would lie
	o.ValueAxis[0].LabelFontStyle.FontSize = 10
	o.Legend.FontStyle.FontSize = 10
	o.ValueFormatter = func(v float64) string { return group(fmt.Sprintf("%.0f", v)) }
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: figureWidth, Height: figureHeight})
	if err := painter.BarChart(o); err != nil {
		return Figure{}, err
	}
	drawn, err := painter.Bytes()
	if err != nil {
		return Figure{}, err
	}
	safe, err := inline(drawn, b.title+". "+b.caption)
	return Figure{Title: b.title, Caption: b.caption, SVG: safe}, err
}

// inline makes a drawing safe to stand within a page, whatever the library let into it: of its elements and attributes only
// those that draw shapes and text are written again.
func inline(drawn []byte, words string) (template.HTML, error) {
	elements := []string{"svg", "g", "path", "text", "circle"}
	attributes := []string{"d", "x", "y", "cx", "cy", "r", "viewBox", "style", "transform"}
	var out strings.Builder
	dec := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return template.HTML(out.String()), nil
		} else if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !slices.Contains(elements, t.Name.Local) {
				return "", fmt.Errorf("it has an element <%s>", t.Name.Local)
			}
			out.WriteString("<" + t.Name.Local)
			if t.Name.Local == "svg" {
				fmt.Fprintf(&out, ` role="img" aria-label="%s"`, html.EscapeString(words))
			}
			for _, a := range t.Attr {
				switch {
				case a.Name.Space == "xmlns" || a.Name.Local == "xmlns":
				case !slices.Contains(attributes, a.Name.Local) || a.Name.Space != "" || strings.Contains(a.Value, "url"):
					return "", fmt.Errorf("it has an attribute %s=%q", a.Name.Local, a.Value)
				default:
					fmt.Fprintf(&out, ` %s="%s"`, a.Name.Local, html.EscapeString(a.Value))
				}
			}
			out.WriteString(">")
		case xml.EndElement:
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			out.WriteString(html.EscapeString(string(t)))
		default:
			return "", errors.New("it has something beside elements and text")
		}
	}
}
