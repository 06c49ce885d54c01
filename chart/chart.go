// Package chart draws charts of amounts as SVG, which a page shows as images or holds within
// itself. What the library draws is written again: only shapes and text get through, and styles
// become plain attributes, so that no policy has to allow them.
package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"

	"oxenswap/swap"
)

const (
	width  = 720
	height = 320
	// maxPoints is how many points in time a chart shows; of more, evenly spaced ones and the last.
	maxPoints = 200
	// maxLabels is how many labels stand side by side without running into each other.
	maxLabels = 7
	maxLabel  = 14  // characters
	allLabels = 100 // characters of all bars' labels together
	fontSize  = 11
)

// Chart is what is drawn. Amounts become floating-point numbers here, to be drawn and for nothing
// else.
type Chart struct {
	Series  []string
	Labels  []string
	Values  [][]swap.Sesh // by series and label
	Axis    string        // what the labels are; empty: they say it
	Words   string        // what the chart shows, for those who cannot see it, within a page; empty: draw an image of its own
	Decimal string        // mark
	Dark    bool
}

// Bars draws a group of bars for each label.
func (c Chart) Bars() ([]byte, error) {
	data, labels := c.data(evenly(len(c.Labels), len(c.Labels)), min(maxLabel, allLabels/max(1, len(c.Labels))))
	o := charts.NewBarChartOptionWithData(data)
	o.Theme = c.theme()
	o.CategoryAxis.Labels, o.CategoryAxis.LabelCount = labels, len(labels)
	o.CategoryAxis.LabelFontStyle.FontSize = fontSize
	o.CategoryAxis.Title, o.CategoryAxis.TitleFontStyle.FontSize = c.Axis, fontSize
	o.ValueAxis[0].Min = charts.Ptr(0.0) // bars whose foot is cut off would lie
	o.ValueAxis[0].LabelFontStyle.FontSize = fontSize
	o.Legend.SeriesNames = c.Series
	o.Legend.FontStyle.FontSize = fontSize
	o.ValueFormatter = c.number
	return c.paint(func(p *charts.Painter) error { return p.BarChart(o) })
}

// Lines draws a line for each series over labels that are days.
func (c Chart) Lines() ([]byte, error) {
	data, labels := c.data(evenly(len(c.Labels), maxPoints), maxLabel)
	o := charts.NewLineChartOptionWithData(data)
	o.Theme = c.theme()
	o.XAxis.Labels, o.XAxis.LabelCount = labels, min(len(labels), maxLabels)
	o.XAxis.LabelFontStyle.FontSize = fontSize
	o.YAxis[0].Min = charts.Ptr(0.0)
	o.YAxis[0].LabelFontStyle.FontSize = fontSize
	o.Legend.SeriesNames = c.Series
	o.Legend.FontStyle.FontSize = fontSize
	o.LineStrokeWidth = 2.5
	o.ValueFormatter = c.number
	return c.paint(func(p *charts.Painter) error { return p.LineChart(o) })
}

// data are the values at some of the labels, and these labels, cut to a number of characters.
func (c Chart) data(at []int, longest int) (data [][]float64, labels []string) {
	data = make([][]float64, len(c.Series))
	for _, i := range at {
		label := []rune(c.Labels[i])
		if len(label) > longest {
			label = append(label[:longest-1], '…')
		}
		labels = append(labels, string(label))
		for s := range data {
			data[s] = append(data[s], float64(c.Values[s][i])/1e9) // where a point is drawn; exact amounts stand in the table
		}
	}
	return data, labels
}

// evenly are at most most of n indexes, the first and the last among them.
func evenly(n, most int) (at []int) {
	if n <= most {
		most = n
	}
	for i := range most {
		at = append(at, i*(n-1)/max(1, most-1))
	}
	return at
}

// number is a value on an axis: short, as its exact figure stands in the table beside the chart.
func (c Chart) number(v float64) string {
	for _, unit := range []struct {
		from, size float64
		name       string
	}{{1e9, 1e9, " G"}, {1e6, 1e6, " M"}, {1e4, 1e3, " k"}} {
		if v >= unit.from {
			return c.decimal(v/unit.size) + unit.name
		}
	}
	return c.decimal(v)
}

func (c Chart) decimal(v float64) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', -1, 32), ".", c.Decimal, 1)
}

// theme has the colours of the pages, and series that differ for those who see no red or green.
func (c Chart) theme() charts.ColorPalette {
	colours := func(list ...string) (out []charts.Color) {
		for _, l := range list {
			out = append(out, charts.ParseColor(l))
		}
		return out
	}
	if c.Dark {
		return charts.MakeTheme(charts.ThemeOption{
			IsDarkMode: true, AxisStrokeColor: charts.ParseColor("#8a97a6"), AxisSplitLineColor: charts.ParseColor("#33404d"),
			BackgroundColor: charts.ParseColor("#161d24"), TextColor: charts.ParseColor("#dfe6ec"),
			SeriesColors: colours("#8a97a6", "#6fb7ff", "#ffb454", "#5fd3a4"),
		})
	}
	return charts.MakeTheme(charts.ThemeOption{
		AxisStrokeColor: charts.ParseColor("#5b6772"), AxisSplitLineColor: charts.ParseColor("#dde3e8"),
		BackgroundColor: charts.ParseColor("#ffffff"), TextColor: charts.ParseColor("#1b242c"),
		SeriesColors: colours("#7b8794", "#1769c0", "#d9730d", "#0f7f5a"),
	})
}

func (c Chart) paint(draw func(*charts.Painter) error) ([]byte, error) {
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: height})
	if err := draw(painter); err != nil {
		return nil, err
	}
	drawn, err := painter.Bytes()
	if err != nil {
		return nil, err
	}
	return plain(drawn, c.Words)
}

// plain writes a drawing again with those of its attributes that draw shapes and text, and styles
// as attributes. It refuses a drawing with any other element, or with anything that names something
// outside it.
func plain(drawn []byte, words string) ([]byte, error) {
	elements := []string{"svg", "g", "path", "text", "circle"}
	attributes := []string{"d", "x", "y", "cx", "cy", "r", "viewBox", "transform"}
	styles := []string{"fill", "stroke", "stroke-width", "stroke-dasharray", "fill-opacity", "stroke-opacity", "font-size", "opacity"}
	var out bytes.Buffer
	dec := xml.NewDecoder(bytes.NewReader(drawn))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		} else if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if !slices.Contains(elements, t.Name.Local) {
				return nil, fmt.Errorf("the drawing has an element <%s>", t.Name.Local)
			}
			out.WriteString("<" + t.Name.Local)
			switch {
			case t.Name.Local != "svg":
			case words != "":
				fmt.Fprintf(&out, ` role="img" aria-label="%s"`, html.EscapeString(words))
			default:
				fmt.Fprintf(&out, ` xmlns="http://www.w3.org/2000/svg" width="%d" height="%d"`, width, height)
			}
			for _, a := range t.Attr {
				rules, allowed := []string{a.Name.Local + ":" + a.Value}, attributes
				if a.Name.Local == "style" {
					rules, allowed = strings.Split(a.Value, ";"), styles
				}
				for _, rule := range rules {
					name, value, _ := strings.Cut(rule, ":")
					name = strings.TrimSpace(name)
					switch {
					case a.Name.Space != "" || !slices.Contains(allowed, name):
					case strings.Contains(value, "url"):
						return nil, fmt.Errorf("the drawing has an attribute %s=%q", name, value)
					default:
						fmt.Fprintf(&out, ` %s="%s"`, name, html.EscapeString(strings.TrimSpace(value)))
					}
				}
			}
			if t.Name.Local == "svg" {
				out.WriteString(` font-family="system-ui, sans-serif"`)
			}
			out.WriteString(">")
		case xml.EndElement:
			out.WriteString("</" + t.Name.Local + ">")
		case xml.CharData:
			out.WriteString(html.EscapeString(string(t)))
		default:
			return nil, errors.New("the drawing has something beside elements and text")
		}
	}
}
