package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"example.com/logbook/final/disk/crash"
	"example.com/logbook/final/internal/torture"
)

// The ledger is the last line whatever ended the search; a trace stands before it, and only a broken promise is an error.
func TestTortureLedger(t *testing.T) {
	t.Parallel()
	seen := torture.Ledger{Acknowledged: 30, States: 20, Nested: 10, Lost: 1}
	failure := &torture.Failure{Replay: "s:1024/s@1_2n3k", Violation: &crash.Violation{Trace: "What was done:"}}
	for _, c := range []struct {
		name   string
		err    error
		out    string
		broken bool
	}{
		{"all_seen", nil, "30 acknowledged, 20 states, 10 nested, 1 lost, 0 refused; seed 5; commit ", false},
		{"time_is_up", errTime, "30 acknowledged, 20 states, 10 nested, 1 lost, 0 refused; seed 5; commit ", false},
		{"interrupted", context.Canceled, "1 lost, 0 refused (interrupted); seed 5; commit ", false},
		{"broken", failure, "What was done:\nReplay it with: logbook torture -replay 's:1024/s@1_2n3k'\n30 acknowledged", true},
		{"broken_inside", fmt.Errorf("in a word: %w", failure), "What was done:", true},
		{"else", errors.New("no memory"), "30 acknowledged", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := (&app{out: &out}).ledger(seen, 5, c.err)
			if (err != nil) != c.broken || !strings.Contains(out.String(), c.out) || !strings.HasSuffix(out.String(), machine()+"\n") {
				t.Errorf("ledger() = %v, printed\n%s\nwant it to hold\n%s", err, &out, c.out)
			}
		})
	}
}

// A ledger that nobody can lay to a build is worth little.
func TestMade(t *testing.T) {
	t.Parallel()
	stamped := func(settings ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3-0.20260101000000-0123456789ab"}}
		for i := 0; i < len(settings); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return info
	}
	for want, info := range map[string]*debug.BuildInfo{
		"commit 0123456789ab":                                                stamped("vcs.revision", "0123456789abcdef", "vcs.modified", "false"),
		"commit 0123456789ab, modified":                                      stamped("vcs.modified", "true", "vcs.revision", "0123456789abcdef"),
		"version v1.2.3-0.20260101000000-0123456789ab":                       stamped(),
		"commit not stamped: go build in a clone stamps it, go run does not": {Main: debug.Module{Version: "(devel)"}},
	} {
		if got := made(info); got != want {
			t.Errorf("made() = %q, want %q", got, want)
		}
	}
}

// Where there is no terminal a line is printed from time to time, with what is left; where there is one, a bar is, and taken away.
func TestTortureMeter(t *testing.T) {
	t.Parallel()
	var lines bytes.Buffer
	m := newMeter(&app{err: &lines}, 1000, 0)
	m.show(torture.Ledger{States: 1})
	if lines.Len() > 0 {
		t.Errorf("a line at once: %q", &lines)
	}
	m.begun, m.said = m.begun.Add(-time.Minute), m.said.Add(-time.Minute)
	m.show(torture.Ledger{States: 500, Nested: 300})
	m.end()
	if want := "logbook: 500 states (300 nested), 8 a second, 1m0s left\n"; lines.String() != want {
		t.Errorf("printed %q, want %q", &lines, want)
	}
	for _, c := range []struct {
		states int64
		limit  time.Duration
	}{{1000, 0}, {0, time.Hour}} {
		var bar bytes.Buffer
		m := newMeter(&app{err: &bar, terminal: true}, c.states, c.limit)
		time.Sleep(110 * time.Millisecond) // the bar is drawn ten times a second
		m.show(torture.Ledger{States: 500, Nested: 300})
		m.end()
		if got := bar.String(); !strings.Contains(got, "500 states (300 nested)") || strings.Contains(got, "\n") {
			t.Errorf("the bar is %q", got)
		}
	}
}
