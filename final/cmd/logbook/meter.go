package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"example.com/logbook/final/internal/torture"
)

// plainEvery is how often a meter says something where there is no terminal.
const plainEvery = 10 * time.Second

// A meter shows how far a search is: by a bar on a terminal, by lines elsewhere, both on standard error.
type meter struct {
	a      *app
	bar    *progressbar.ProgressBar // nil without a terminal
	states int64                    // that end it, or 0
	limit  time.Duration            // that ends it, or 0
	begun  time.Time
	said   time.Time
}

// newMeter begins to show a search that ends after so many states, or after a time.
func newMeter(a *app, states int64, limit time.Duration) *meter {
	now := time.Now()
	m := &meter{a: a, states: states, limit: limit, begun: now, said: now}
	if !a.terminal {
		return m
	}
	most := states
	if most == 0 {
		most = int64(limit)
	}
	m.bar = progressbar.NewOptions64(most,
		progressbar.OptionSetWriter(a.err),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionUseANSICodes(false),
		progressbar.OptionClearOnFinish(),
	)
	return m
}

// show is given how far the search is.
func (m *meter) show(l torture.Ledger) {
	took := time.Since(m.begun)
	text := fmt.Sprintf("%d states (%d nested), %.0f a second", l.States, l.Nested, float64(l.States)/took.Seconds())
	switch {
	case m.bar != nil:
		at := min(l.States, m.states)
		if m.states == 0 {
			at = int64(min(took, m.limit))
		}
		m.bar.Describe(text)
		m.bar.Set64(at)
	case time.Since(m.said) >= plainEvery:
		m.said = time.Now()
		m.a.say(text + m.left(l, took))
	}
}

// left says how much time is left, as far as that can be known.
func (m *meter) left(l torture.Ledger, took time.Duration) string {
	left := m.limit - took
	if m.states > 0 && l.States > 0 {
		left = time.Duration(float64(took) * float64(max(0, m.states-l.States)) / float64(l.States))
	}
	if left <= 0 {
		return ""
	}
	return fmt.Sprintf(", %v left", left.Round(time.Second))
}

// end takes the bar away.
func (m *meter) end() {
	if m.bar != nil {
		m.bar.Clear()
		m.bar.Exit()
	}
}
