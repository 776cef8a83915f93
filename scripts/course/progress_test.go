package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/chapters/course/crashlab"
	"example.com/logbook/final/disk/crash"
)

// watched is what progress prints about a search of two experiments, with a
// message at each of these times since its beginning.
func watched(alive bool, width int, at ...time.Duration) string {
	var b strings.Builder
	var clock time.Time
	p := newProgress(&b, alive, width, func() time.Time { return clock })
	begun := clock
	first := crash.Count{Points: 1, AllPoints: 4, Distinct: 1000, Limit: 5000}
	p.show(crashlab.Message{Number: 1, Of: 2, Report: crash.Report{Count: first}, Done: true})
	for _, d := range at {
		clock = begun.Add(d)
		p.show(crashlab.Message{Number: 2, Of: 2, Report: crash.Report{Count: crash.Count{Points: 1, AllPoints: 10, Distinct: 3000, Limit: 5000}}})
	}
	p.clear()
	return b.String()
}

func TestProgressInAFile(t *testing.T) {
	t.Parallel()
	// 0.5 + 0.6/2 is done after 8 s: 2 s are left.
	want := "2 of 2: 4000 states, 500/s, about 2s left\n2 of 2: 4000 states, 250/s, about 4s left\n"
	got := watched(false, 80, time.Second, 8*time.Second, 9*time.Second, 12*time.Second, 16*time.Second)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("progress mismatch (-want +got):\n%s", diff)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	want := "\r2 of 2: 4000 states, 4000/s, about 0s left\r2 of 2: 4000 states, 500/s, about 2s left " +
		"\r" + strings.Repeat(" ", 41) + "\r"
	got := watched(true, 80, time.Second, 1100*time.Millisecond, 8*time.Second)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("progress mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff("\r2 of 2: 4\r         \r", watched(true, 10, time.Second)); diff != "" {
		t.Errorf("on a narrow terminal: mismatch (-want +got):\n%s", diff)
	}
}
