package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"time"

	"example.com/logbook/final/disk/crash"
	"example.com/logbook/final/internal/torture"
)

// tortureUsage says what the figures of the ledger are.
const tortureUsage = `usage: logbook torture [-states N] [-nested N] [-for TIME] [-seed N] [-workers N] [-replay TOKEN]

Torture needs no log: it has a node write one on a simulated disk, takes the disk down at
every point, also inside recovery and inside the life behind it, and compares what is read
with what was promised. It goes through all words of a node's deeds, up to four of them.

	-states N      recover from N distinct disks; default 1000000, or as many as -for gives time for
	-nested N      go on until N of them are what a crash inside recovery, or behind it, has left
	-for TIME      end after that time, such as 10m or 8h
	-seed N        another order of the words, and other choices where not all can be tried; default 1
	-workers N     how many words are tried at once; default one for each core
	-replay TOKEN  make one disk again, as a failed search has printed it

The last line is the ledger: how many acknowledgements were checked on how many disks, how
many of these were nested, on how many something acknowledged was lost, and how many the log
refused to open; then the seed, the commit that the build was made of, and the machine. The
first of either ends the search with exit code 1, after a trace in words.
An interrupt ends it with the ledger so far.
`

// million is how many disks are recovered from unless something else was said.
const million = 1_000_000

// setupTorture declares the flags of torture.
func setupTorture(a *app, flags *flag.FlagSet) func(string) error {
	s := &torture.Search{}
	flags.Int64Var(&s.States, "states", 0, "")
	flags.Int64Var(&s.Nested, "nested", 0, "")
	flags.Uint64Var(&s.Seed, "seed", 1, "")
	flags.IntVar(&s.Workers, "workers", 0, "")
	limit := flags.Duration("for", 0, "")
	replay := flags.String("replay", "", "")
	return func(string) error {
		if s.States < 0 || s.Nested < 0 || s.Workers < 0 || *limit < 0 {
			return &usageError{"torture", "torture: -states, -nested, -workers and -for cannot be negative"}
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if *replay != "" {
			return a.replay(ctx, *replay)
		}
		if s.States == 0 && *limit == 0 {
			s.States = million
		}
		return a.torture(ctx, s, *limit)
	}
}

// errTime is the end of the time that a search was given.
var errTime = errors.New("the time is up")

// mostMemory is what the garbage collector lets a search take before it works harder.
const mostMemory = 2 << 30

// torture searches, shows how far it is, and prints the ledger.
func (a *app) torture(ctx context.Context, s *torture.Search, limit time.Duration) error {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, errTime)
		defer cancel()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // the disks are small, short-lived and many
	if debug.SetMemoryLimit(-1) > mostMemory {
		defer debug.SetMemoryLimit(debug.SetMemoryLimit(mostMemory))
	}
	m := newMeter(a, s.States, limit)
	s.Progress = m.show
	ledger, err := s.Run(ctx)
	m.end()
	return a.ledger(ledger, s.Seed, err)
}

// ledger prints what a search has seen, the trace first if it has failed.
func (a *app) ledger(l torture.Ledger, seed uint64, err error) error {
	end := ""
	failure, failed := errors.AsType[*torture.Failure](err)
	switch {
	case failed:
		fmt.Fprintln(a.out, failure)
		err = errors.New("a promise is broken; the trace is above")
	case errors.Is(err, errTime):
		err = nil
	case errors.Is(err, context.Canceled):
		end, err = " (interrupted)", nil
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	fmt.Fprintf(a.out, "%v%s; seed %d; %s; %s\n", l, end, seed, made(info), machine())
	return err
}

// replay makes one disk again.
func (a *app) replay(ctx context.Context, token string) error {
	err := torture.Replay(ctx, token)
	if failure, ok := errors.AsType[*torture.Failure](err); ok {
		fmt.Fprintln(a.out, failure)
		return errors.New("a promise is broken; the trace is above")
	}
	switch {
	case errors.Is(err, crash.ErrReplay):
		return &usageError{"torture", fmt.Sprintf("torture: -replay %q: the token was made by another build, or is not whole: copy the line of the failed search, or search again without -replay", token)}
	case err != nil:
		return &usageError{"torture", fmt.Sprintf("torture: -replay: %s", strings.TrimPrefix(err.Error(), "torture: "))}
	}
	fmt.Fprintln(a.out, "no promise is broken on this disk")
	return nil
}

// made says what a build was made of, as far as it was told: go run stamps nothing.
func made(info *debug.BuildInfo) string {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	revision := set["vcs.revision"]
	switch {
	case revision != "" && set["vcs.modified"] == "true":
		return "commit " + revision[:min(12, len(revision))] + ", modified"
	case revision != "":
		return "commit " + revision[:min(12, len(revision))]
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		return "version " + info.Main.Version
	}
	return "commit not stamped: go build in a clone stamps it, go run does not"
}
