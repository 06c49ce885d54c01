// Package chart draws charts of amounts as SVG images. They are served as images of their own: what the library writes as
// styles becomes plain attributes, so that no policy has to allow them.
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
	maxLabel  = 14 // characters
	fontSize  = 11
)

// Chart is what is drawn. Amounts become floating-point numbers here, to be drawn and for nothing else.
type Chart struct {
	Series  []string
	Labels  []string
	Values  [][]swap.Amount // by series and label
	Decimal string          // mark
	Dark    bool
}

// Bars draws a group of bars for each label.
func (c Chart) Bars() ([]byte, error) {
	data, labels := c.data(nil)
	o := charts.NewBarChartOptionWithData(data)
	o.Theme = c.theme()
	o.CategoryAxis.Labels, o.CategoryAxis.LabelCount = labels, len(labels)
	o.CategoryAxis.LabelFontStyle.FontSize = fontSize
	o.ValueAxis[0].Min = charts.Ptr(0.0) // bars whose foot is cut off would lie
	o.ValueAxis[0].LabelFontStyle.FontSize = fontSize
	o.Legend.SeriesNames = c.Series
	o.Legend.FontStyle.FontSize = fontSize
	o.ValueFormatter = c.number
	return paint(func(p *charts.Painter) error { return p.BarChart(o) })
}

// Lines draws a line for each series over labels that are days.
func (c Chart) Lines() ([]byte, error) {
	data, labels := c.data(evenly(len(c.Labels)))
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
	return paint(func(p *charts.Painter) error { return p.LineChart(o) })
}

// data are the values at some of the labels; nil: at all.
func (c Chart) data(at []int) (data [][]float64, labels []string) {
	if at == nil {
		for i := range c.Labels {
			at = append(at, i)
		}
	}
	data = make([][]float64, len(c.Series))
	for _, i := range at {
		label := []rune(c.Labels[i])
		if len(label) > maxLabel {
			label = append(label[:maxLabel-1], '…')
		}
		labels = append(labels, string(label))
		for s := range data {
			data[s] = append(data[s], float64(c.Values[s][i])/1e9) // where a point is drawn; exact amounts stand in the table
		}
	}
	return data, labels
}

// evenly are at most maxPoints of n indexes.
func evenly(n int) (at []int) {
	if n <= maxPoints {
		for i := range n {
			at = append(at, i)
		}
		return at
	}
	for i := range maxPoints {
		at = append(at, i*(n-1)/(maxPoints-1))
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

func paint(draw func(*charts.Painter) error) ([]byte, error) {
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: width, Height: height})
	if err := draw(painter); err != nil {
		return nil, err
	}
	drawn, err := painter.Bytes()
	if err != nil {
		return nil, err
	}
	return plain(drawn)
}

// plain writes a drawing again with those of its elements and attributes that draw shapes and text, and styles as attributes.
func plain(drawn []byte) ([]byte, error) {
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
			if t.Name.Local == "svg" {
				fmt.Fprintf(&out, ` xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="system-ui, sans-serif"`, width, height)
			}
			for _, a := range t.Attr {
				if slices.Contains(attributes, a.Name.Local) && a.Name.Space == "" {
					fmt.Fprintf(&out, ` %s="%s"`, a.Name.Local, html.EscapeString(a.Value))
				}
				if a.Name.Local != "style" {
					continue
				}
				for rule := range strings.SplitSeq(a.Value, ";") {
					if name, value, ok := strings.Cut(rule, ":"); ok && slices.Contains(styles, strings.TrimSpace(name)) {
						fmt.Fprintf(&out, ` %s="%s"`, strings.TrimSpace(name), html.EscapeString(strings.TrimSpace(value)))
					}
				}
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
