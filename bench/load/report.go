//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// report is the table that comes out.
type report struct {
	lines  [][3]string
	missed int
	words  io.Writer // what happens meanwhile
}

// note says how far the run is.
func (r *report) note(format string, args ...any) { fmt.Fprintf(r.words, format+"\n", args...) }

func (r *report) title(text string) {
	r.lines = append(r.lines, [3]string{strings.ToUpper(text), "", ""})
}

// line adds something that is only told.
func (r *report) line(name, format string, args ...any) {
	r.lines = append(r.lines, [3]string{name, fmt.Sprintf(format, args...), ""})
}

// want adds something that has to be so.
func (r *report) want(name string, held bool, wanted, format string, args ...any) {
	if !held {
		r.missed++
		wanted += "  MISSED"
	}
	r.lines = append(r.lines, [3]string{name, fmt.Sprintf(format, args...), wanted})
}

func (r *report) atLeast(name string, got, least float64) {
	r.want(name, got >= least, fmt.Sprintf("at least %.2f", least), "%.2f", got)
}

func (r *report) below(name string, got, most time.Duration) {
	r.want(name, got < most, fmt.Sprintf("below %s", milliseconds(most)), "%s", milliseconds(got))
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.4g ms", float64(d.Microseconds())/1000)
}

func (r *report) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "\tMEASURED\tWANTED")
	for _, l := range r.lines {
		fmt.Fprintln(w, strings.Join(l[:], "\t"))
	}
	return w.Flush()
}
