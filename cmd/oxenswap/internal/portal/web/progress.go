package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"oxenswap/chart"
	"oxenswap/cmd/oxenswap/internal/portal/desk"
	"oxenswap/swap"
)

// progressPage is how far the migration is.
type progressPage struct {
	*desk.Progress
	Charts []programmeChart // of those that owe something
}

// programmeChart is a programme over time.
type programmeChart struct {
	Name  string
	Index int // of the programme
}

func (s *Site) progress(r *http.Request, v *view) (answer, error) {
	p, err := s.desk.Progress(r.Context())
	if err != nil {
		return answer{}, err
	}
	page := progressPage{Progress: p}
	for i, programme := range p.Programmes {
		if programme.Sums != (desk.Sums{}) {
			page.Charts = append(page.Charts, programmeChart{programme.Programme, i})
		}
	}
	return answer{page: "progress", data: page}, nil
}

// charts are the images that were drawn last.
type charts struct {
	mu    sync.Mutex
	of    *desk.Progress
	drawn map[string][]byte // by file and language
}

// allProgrammes names the chart of all of them; no programme can have this name.
const allProgrammes = "_programmes"

// progressChart draws a chart: _programmes.light.svg compares the programmes, NAME.dark.svg is one
// of them over time.
func (s *Site) progressChart(r *http.Request, v *view) (answer, error) {
	name, theme, ok := strings.Cut(r.PathValue("file"), ".")
	missing := &desk.NotFoundError{What: "chart " + printable(r.PathValue("file"), 80)}
	if !ok || theme != "light.svg" && theme != "dark.svg" {
		return answer{}, missing
	}
	p, err := s.desk.Progress(r.Context())
	if err != nil {
		return answer{}, err
	}
	i := slices.IndexFunc(p.Programmes, func(x desk.ProgrammeProgress) bool { return x.Programme == name })
	if i < 0 && name != allProgrammes {
		return answer{}, missing
	}
	image, err := s.charts.get(p, r.PathValue("file")+" "+v.Code, func() ([]byte, error) {
		return v.chart(p, i, theme == "dark.svg")
	})
	if err != nil {
		return answer{}, fmt.Errorf("drawing %s: %w", name, err)
	}
	return answer{file: &file{kind: "image/svg+xml", data: image}}, nil
}

func (c *charts) get(p *desk.Progress, key string, draw func() ([]byte, error)) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of != p {
		c.of, c.drawn = p, map[string][]byte{}
	}
	if image, ok := c.drawn[key]; ok {
		return image, nil
	}
	image, err := draw()
	if err == nil {
		c.drawn[key] = image
	}
	return image, err
}

func (v *view) chart(p *desk.Progress, programme int, dark bool) ([]byte, error) {
	c := chart.Chart{Dark: dark}
	for _, key := range []string{"progress.owed", "progress.claimed", "progress.given", "progress.paid"} {
		words, err := v.Text(key)
		if err != nil {
			return nil, err
		}
		c.Series = append(c.Series, string(words))
	}
	mark, err := v.Text("number.decimal")
	if err != nil {
		return nil, err
	}
	c.Decimal = string(mark)
	c.Values = make([][]swap.Sesh, len(c.Series))
	add := func(label string, s desk.Sums) {
		c.Labels = append(c.Labels, label)
		for i, a := range []swap.Sesh{s.Owed, s.Claimed, s.Given, s.Paid} {
			c.Values[i] = append(c.Values[i], a)
		}
	}
	if programme < 0 {
		for _, x := range p.Programmes {
			add(x.Programme, x.Sums)
		}
		return c.Bars()
	}
	// Days on which nothing changed are points too: the axis is time.
	for i, d := range p.Days {
		next := d.Day.AddDate(0, 0, 1)
		if i < len(p.Days)-1 {
			next = p.Days[i+1].Day
		}
		for day := d.Day; day.Before(next); day = day.AddDate(0, 0, 1) {
			add(day.Format(time.DateOnly), d.Sums[programme])
		}
	}
	return c.Lines()
}
