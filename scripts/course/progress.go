package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"example.com/logbook/chapters/course/crashlab"
)

// progress shows how far a search has come: on a terminal as one line that is
// written again and again, and elsewhere as a line from time to time.
type progress struct {
	w     io.Writer
	alive bool
	width int
	now   func() time.Time

	began, last time.Time
	// before are the distinct states of the experiments that have ended.
	before int64
	// shown is how long the line on the terminal is.
	shown int
}

// How often there is a new line.
const (
	aliveInterval = 200 * time.Millisecond
	quietInterval = 5 * time.Second
)

func newProgress(w io.Writer, alive bool, width int, now func() time.Time) *progress {
	return &progress{w: w, alive: alive, width: width, now: now, began: now(), last: now()}
}

// took returns the time since the beginning.
func (p *progress) took() time.Duration { return p.now().Sub(p.began) }

// show takes in a message.
func (p *progress) show(m crashlab.Message) {
	interval := quietInterval
	if p.alive {
		interval = aliveInterval
	}
	switch now := p.now(); {
	case m.Done:
		p.before += m.Report.Distinct
	case now.Sub(p.last) >= interval:
		p.last = now
		p.print(p.line(m))
	}
}

// print writes a line over the last one, or below it.
func (p *progress) print(line string) {
	if !p.alive {
		fmt.Fprintln(p.w, line)
		return
	}
	line = line[:min(len(line), max(0, p.width-1))] // a line that wraps could not be written over
	fmt.Fprintf(p.w, "\r%s%s", line, strings.Repeat(" ", max(0, p.shown-len(line))))
	p.shown = len(line)
}

// clear takes the line off the terminal.
func (p *progress) clear() {
	if p.shown > 0 {
		p.print("")
		fmt.Fprint(p.w, "\r")
	}
}

// line is where a search stands.
func (p *progress) line(m crashlab.Message) string {
	took, states := p.took(), p.before+m.Report.Distinct
	line := fmt.Sprintf("%d of %d: %d states, %.0f/s", m.Number, m.Of, states, rate(states, took))
	// Without a limit, the points are all there is to go by; and with one, there
	// may be fewer disks than that.
	part := share(int64(m.Report.Points), int64(m.Report.AllPoints))
	if m.Report.Limit > 0 {
		part = share(m.Report.Distinct, m.Report.Limit)
	}
	if part = (float64(m.Number-1) + part) / float64(max(1, m.Of)); part > 0 {
		left := time.Duration(float64(took) * (1 - part) / part)
		line += fmt.Sprintf(", about %v left", left.Round(time.Second))
	}
	return line
}

// share is n of all, at most 1.
func share(n, all int64) float64 {
	if all <= 0 {
		return 0
	}
	return min(1, float64(n)/float64(all))
}

// rate is n in a second.
func rate(n int64, took time.Duration) float64 {
	return float64(n) / max(took.Seconds(), 0.001)
}
