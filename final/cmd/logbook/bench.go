package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"example.com/logbook/final/wal"
)

// benchUsage says what the numbers mean: a benchmark whose reader must guess is noise.
const benchUsage = `usage: logbook bench [-time D] [-segment N] [-svg FILE] [DIR]

Bench measures final/wal on the disk that DIR is on, the current folder's without one.
It works in a folder logbook-bench-... inside DIR, and removes it at the end, also when
it is interrupted; only kill -9 leaves it there.

	-time D      how long each case runs (1s); it ends sooner when it has written four
	             segments, so that the disk does not fill up
	-segment N   bytes of a segment (64000000, etcd's)
	-svg FILE    draw how long a synced Save takes, and the disk itself, as a histogram

A case is a row: so many entries of so many bytes in each Save, by one caller or by
several at once. Each has the hard state that commits the entries before, as raft's
have. Synced is what a node does. Not synced is with wal.Options.UnsafeNoSync: what the
log itself costs, to the moment when the kernel has the bytes. With several callers all
of them save the same entry again and again, since the log is one log.

	per Save     time divided by Saves, of all callers together
	p50 ... max  how long one caller has waited for one Save
	limit        p50 of the same bytes in as many write calls, and one fdatasync if it
	             is synced, in a file that was filled with zeros before. No caller alone
	             gets below it; several that share a sync do
	ratio        p50 divided by limit; per Save divided by limit for several callers

Then the Saves that cut a segment and began the next one, beside all others; and reading
what they have written, from the page cache, beside reading and checksumming the same
bytes. What is measured is printed first: file system, machine, Go.
`

// setupBench declares the flags of bench.
func setupBench(a *app, flags *flag.FlagSet) func(string) error {
	b := &bench{app: a}
	flags.DurationVar(&b.time, "time", time.Second, "")
	flags.Int64Var(&b.segment, "segment", wal.DefaultSegmentSize, "")
	flags.StringVar(&b.svg, "svg", "", "")
	return func(dir string) error {
		switch {
		case b.time <= 0:
			return &usageError{"bench", "bench: -time must be positive"}
		case b.segment < leastSegment:
			return &usageError{"bench", fmt.Sprintf("bench: -segment must be %d at least", leastSegment)}
		}
		return b.run(dir)
	}
}

// leastSegment is the smallest segment for which the cases mean anything.
const leastSegment = 16 << 10

// A bench is one run.
type bench struct {
	*app
	time    time.Duration // of each case
	segment int64
	svg     string

	ctx    context.Context // done when interrupted
	dir    string          // the temporary folder
	failed error
}

// A benchCase is a row of the table.
type benchCase struct {
	entries, size int
	callers       int
	synced        bool
}

// benchCases are those that show where a log's time goes: small and large, alone and in
// batches, and many at once.
var benchCases = []benchCase{
	{1, 100, 1, false},
	{100, 100, 1, false},
	{10, 16 << 10, 1, false},
	{1, 100, 1, true}, // drawn
	{100, 100, 1, true},
	{1, 16 << 10, 1, true},
	{1, 100, 8, true},
	{1, 100, 64, true},
}

// drawn tells whether a case is the one that -svg draws.
func (c benchCase) drawn() bool { return c == benchCase{1, 100, 1, true} }

// String names a case in its row.
func (c benchCase) String() string {
	s := fmt.Sprintf("%d x %s", c.entries, size(int64(c.size)))
	if c.synced {
		s += ", synced"
	} else {
		s += ", not synced"
	}
	if c.callers > 1 {
		s += fmt.Sprintf(", %d callers", c.callers)
	}
	return s
}

// size is a number of bytes for a person.
func size(n int64) string {
	if n >= 1<<10 && n%(1<<10) == 0 {
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

// run measures in a temporary folder. Signals end a case early, so that the folder can
// be removed.
func (b *bench) run(dir string) (err error) {
	var stop context.CancelFunc
	b.ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if b.dir, err = os.MkdirTemp(dir, "logbook-bench-"); err != nil {
		return unreadable(dir, err)
	}
	defer func() {
		if err = errors.Join(err, os.RemoveAll(b.dir)); b.ctx.Err() != nil {
			err = errors.Join(errors.New("interrupted; nothing was left behind"), ignore(err, context.Canceled))
		}
	}()
	if err := b.head(dir); err != nil {
		return err
	}
	histograms, err := b.writing()
	if err != nil {
		return err
	}
	if err := b.reading(); err != nil {
		return err
	}
	if b.svg == "" {
		return nil
	}
	return os.WriteFile(b.svg, []byte(drawHistograms("logbook bench: one Save of 100 bytes, synced", histograms)), 0o666)
}

// ignore returns the error unless it is that one.
func ignore(err, that error) error {
	if errors.Is(err, that) {
		return nil
	}
	return err
}

// head says what is measured.
func (b *bench) head(dir string) error {
	full, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	kind := fileSystem(full)
	b.line("bench in %s on %s; %s", full, kind, machine())
	b.line("segments of %d bytes; %v a case", b.segment, b.time)
	if kind == "tmpfs" || kind == "ramfs" {
		b.line("%s is memory: a sync does nothing there, and proves nothing", kind)
	}
	b.line("")
	b.line("%-32s %9s %9s %9s %9s %9s %9s %9s %6s", "case", "per Save", "p50", "p90", "p99", "p99.9", "max", "limit", "ratio")
	return b.failed
}

// line prints one line, and keeps the first failure.
func (b *bench) line(format string, args ...any) {
	if _, err := fmt.Fprintf(b.out, format+"\n", args...); err != nil && b.failed == nil {
		b.failed = err
	}
}

// writing runs all cases, those of one kind on one log, and returns what is to be drawn.
func (b *bench) writing() ([]named, error) {
	raw, err := newRawFile(b.dir, b.segment)
	if err != nil {
		return nil, err
	}
	defer raw.close()
	var histograms []named
	logs := map[bool]*benchLog{}
	defer func() {
		for _, l := range logs {
			l.close()
		}
	}()
	for _, c := range benchCases {
		if logs[c.synced] == nil {
			l, err := newBenchLog(b, c.synced)
			if err != nil {
				return nil, err
			}
			logs[c.synced] = l
		}
		ours, err := logs[c.synced].run(c)
		if err != nil {
			return nil, err
		}
		limit, err := raw.run(b, ours.shape, c.synced)
		if err != nil {
			return nil, err
		}
		b.row(c, &ours.series, limit)
		if c.drawn() {
			histograms = []named{{"final/wal", &ours.series}, {"write and fdatasync", limit}}
		}
		if b.failed != nil {
			return nil, b.failed
		}
	}
	return histograms, nil
}

// row prints what a case has given. Medians are compared where they can be: on a busy
// machine they move less.
func (b *bench) row(c benchCase, s, limit *series) {
	took := s.at(0.5)
	if c.callers > 1 {
		took = s.each()
	}
	b.line("%s %9s %6.2f", columns(c.String(), s), short(limit.at(0.5)), float64(took)/float64(max(1, limit.at(0.5))))
}

// columns are those of a row that need no limit.
func columns(name string, s *series) string {
	text := fmt.Sprintf("%-32s %9s", name, short(s.each()))
	for _, part := range []float64{0.5, 0.9, 0.99, 0.999, 1} {
		text += fmt.Sprintf(" %9s", short(s.at(part)))
	}
	return text
}

// reading measures cuts, and reads what the Saves around them have written.
func (b *bench) reading() error {
	l, err := newBenchLog(b, true)
	if err != nil {
		return err
	}
	defer l.close()
	cuts, others, err := l.cuts()
	if err != nil {
		return err
	}
	b.line("%s", columns("100 x 1 KiB, synced, no cut", others))
	b.line("%s", columns(fmt.Sprintf("the same, with a cut (%d)", len(cuts.took)), cuts))
	if err := l.close(); err != nil {
		return err
	}
	bytes, limit, err := b.readAndSum(l.dir)
	if err != nil {
		return err
	}
	b.line("p99.9: one Save in 1,000 took longer. limit: the same bytes in plain writes, and an fdatasync if synced.")
	b.line("ratio: p50 / limit; per Save / limit for several callers. More: logbook help bench")
	b.line("")
	b.line("%-32s %9s %9s %6s", fmt.Sprintf("reading %d MB", bytes/1e6), "MB/s", "limit", "ratio")
	for _, c := range []struct {
		name string
		read func(string) error
	}{{"Verify", verifyLog}, {"ReadAll", readLog}} {
		took, err := b.median(func() error { return c.read(l.dir) })
		if err != nil {
			return err
		}
		b.line("%-32s %9.0f %9.0f %6.2f", c.name, rate(bytes, took), rate(bytes, limit), float64(took)/float64(limit))
	}
	b.line("limit: reading and checksumming the same bytes, and nothing else")
	return b.failed
}

// rate is megabytes a second.
func rate(bytes int64, took time.Duration) float64 { return float64(bytes) / 1e6 / took.Seconds() }
