package compat

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/raft/v3/raftpb"

	finalwal "example.com/logbook/final/wal"
)

// The benchmarks lie in t.TempDir: TMPDIR chooses the disk. Each case has a row for
// etcd, one for this project, and one for the limit: what cannot be avoided. See
// TestSpeed for the table.
//
//	go test -run '^$' -bench . -count 5 | tee new.txt
//	benchstat -col /by new.txt

// rivals are who is measured.
const (
	byEtcd  = "etcd"
	byUs    = "logbook"
	byLimit = "limit"
)

// roomPerLog is how much is written to one log before another takes its place, so that
// no disk fills up.
const roomPerLog = 256 << 20

// benchLog is a log that is written by a benchmark.
type benchLog interface {
	Save(*raftpb.HardState, []*raftpb.Entry) error
	Close() error
}

// limitLog writes what a log would in as many calls, and nothing else: blank bytes to a
// file whose space is there. Synced, the file was filled with zeros.
type limitLog struct {
	file *os.File
	off  int64
	buf  []byte
	sync bool
	mu   sync.Mutex
}

const (
	limitFile = 1 << 26

	// frameSize is how much a log writes around an entry's data, about.
	frameSize = 32
)

func (l *limitLog) Save(_ *raftpb.HardState, ents []*raftpb.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := int64(0)
	for _, e := range ents {
		left += int64(len(e.Data)) + frameSize
	}
	for left > 0 {
		n := min(left, int64(len(l.buf)))
		if l.off+n > limitFile {
			l.off = 0
		}
		if _, err := l.file.WriteAt(l.buf[:n], l.off); err != nil {
			return err
		}
		l.off, left = l.off+n, left-n
	}
	if l.sync {
		return syscall.Fdatasync(int(l.file.Fd()))
	}
	return nil
}

func (l *limitLog) Close() error { return l.file.Close() }

// newBenchLog makes a log in an empty folder.
func newBenchLog(b *testing.B, by, dir string, sync bool) benchLog {
	b.Helper()
	wal.SegmentSizeBytes = finalwal.DefaultSegmentSize
	var l benchLog
	var err error
	switch by {
	case byEtcd:
		var w *wal.WAL
		if w, err = wal.Create(nil, filepath.Join(dir, "wal"), []byte("md")); err == nil && !sync {
			w.SetUnsafeNoFsync()
		}
		l = w
	case byUs:
		l, err = finalwal.Create(filepath.Join(dir, "wal"), []byte("md"), &finalwal.Options{UnsafeNoSync: !sync})
	case byLimit:
		lim := &limitLog{buf: make([]byte, 128<<10), sync: sync}
		if lim.file, err = os.OpenFile(filepath.Join(dir, "file"), os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600); err == nil {
			for off := int64(0); off < limitFile && err == nil; off += int64(len(lim.buf)) {
				_, err = lim.file.WriteAt(lim.buf, off)
			}
			for i := range lim.buf {
				lim.buf[i] = 'x'
			}
		}
		if err == nil {
			err = lim.file.Sync()
		}
		l = lim
	}
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// benchWriter saves entries behind one another, and begins a new log when one is large.
type benchWriter struct {
	b       *testing.B
	by      string
	sync    bool
	dir     string
	log     benchLog
	ents    []*raftpb.Entry
	next    uint64
	written int64
	size    int64
}

func newBenchWriter(b *testing.B, by string, sync bool, per, size int) *benchWriter {
	w := &benchWriter{b: b, by: by, sync: sync, size: int64(per) * int64(size+frameSize)}
	for range per {
		w.ents = append(w.ents, &raftpb.Entry{Term: new(uint64(1)), Index: new(uint64(0)), Data: bytes.Repeat([]byte("x"), size)})
	}
	w.begin()
	b.Cleanup(w.end)
	b.SetBytes(int64(per) * int64(size))
	b.ReportAllocs()
	return w
}

func (w *benchWriter) begin() {
	dir, err := os.MkdirTemp(w.b.TempDir(), "")
	if err != nil {
		w.b.Fatal(err)
	}
	w.dir, w.next, w.written = dir, 1, 0
	w.log = newBenchLog(w.b, w.by, dir, w.sync)
	// The first Save of a log tells what is to be told once.
	w.save(&raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(uint64(0))})
	w.warm()
}

// warm fills the first segment, untimed: what is measured is the second, whose file was
// made ahead, as all are but the first.
func (w *benchWriter) warm() {
	if w.by == byLimit {
		return
	}
	if log, ok := w.log.(preparer); ok {
		if err := log.Prepare(); err != nil {
			w.b.Fatal(err)
		}
	}
	ents := sized(1, w.next, w.next+33, 2<<20)
	for i := range ents {
		if err := w.log.Save(nil, ents[i:i+1]); err != nil {
			w.b.Fatal(err)
		}
	}
	w.next += uint64(len(ents))
}

func (w *benchWriter) end() {
	if err := w.log.Close(); err != nil {
		w.b.Error(err)
	}
	if err := os.RemoveAll(w.dir); err != nil {
		w.b.Error(err)
	}
}

// save makes one Save.
func (w *benchWriter) save(state *raftpb.HardState) {
	for i, e := range w.ents {
		*e.Index = w.next + uint64(i)
	}
	w.next += uint64(len(w.ents))
	if err := w.log.Save(state, w.ents); err != nil {
		w.b.Fatal(err)
	}
	w.written += w.size
}

// again begins a new log, untimed, when the old one is large.
func (w *benchWriter) again() {
	if w.written < roomPerLog {
		return
	}
	w.b.StopTimer()
	w.end()
	w.begin()
	w.b.StartTimer()
}

// each runs a case for each of the rivals.
func each(b *testing.B, name string, run func(b *testing.B, by string)) {
	for _, by := range []string{byEtcd, byUs, byLimit} {
		b.Run(fmt.Sprintf("%s/by=%s", name, by), func(b *testing.B) { run(b, by) })
	}
}

// sizeName names a number of bytes.
func sizeName(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%dMiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprintf("%dB", n)
}

// BenchmarkAppend saves entries, in a log that has left its first segment. Nothing is synced, but every Save reaches the kernel:
// etcd hands on what it holds whenever there are entries, also where it was told not
// to sync.
func BenchmarkAppend(b *testing.B) {
	for _, c := range []struct{ size, most int }{{16, 1000}, {100, 1000}, {1 << 10, 1000}, {16 << 10, 100}, {1 << 20, 10}} {
		for _, per := range []int{1, 10, 100, 1000} {
			if per > c.most {
				continue
			}
			each(b, fmt.Sprintf("size=%s/per=%d", sizeName(c.size), per), func(b *testing.B, by string) {
				w := newBenchWriter(b, by, false, per, c.size)
				for b.Loop() {
					w.save(nil)
					w.again()
				}
			})
		}
	}
	each(b, "size=100B/per=1+state", func(b *testing.B, by string) {
		w := newBenchWriter(b, by, false, 1, 100)
		state := &raftpb.HardState{Term: new(uint64(1)), Vote: new(uint64(1)), Commit: new(uint64(0))}
		for b.Loop() {
			*state.Commit = w.next
			w.save(state)
			w.again()
		}
	})
}

// BenchmarkSynced saves entries durably, in a log that has left its first segment.
func BenchmarkSynced(b *testing.B) {
	for _, c := range []struct{ size, per int }{{100, 1}, {100, 100}, {1 << 10, 100}, {16 << 10, 1}} {
		each(b, fmt.Sprintf("size=%s/per=%d", sizeName(c.size), c.per), func(b *testing.B, by string) {
			w := newBenchWriter(b, by, true, c.per, c.size)
			var took times
			for b.Loop() {
				begun := time.Now()
				w.save(nil)
				took.add(begun)
				w.again()
			}
			took.report(b, "", 0.5, 0.99)
		})
	}
}

// BenchmarkCallers saves one entry at a time from many goroutines, durably. Each saves
// the same entry over and over: the order in which they come is open.
func BenchmarkCallers(b *testing.B) {
	for _, callers := range []int{1, 8, 64} {
		each(b, fmt.Sprintf("callers=%d", callers), func(b *testing.B, by string) {
			w := newBenchWriter(b, by, true, 1, 100)
			*w.ents[0].Index = w.next
			var left atomic.Int64
			b.ResetTimer()
			left.Store(int64(b.N))
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						if err := w.log.Save(nil, w.ents); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// BenchmarkCut saves over the ends of segments: p50 and p99 of all Saves, and the median
// of those that begin a segment.
func BenchmarkCut(b *testing.B) {
	for _, by := range []string{byEtcd, byUs} {
		b.Run("size=1KiB/per=10/by="+by, func(b *testing.B) {
			w := newBenchWriter(b, by, false, 10, 1<<10)
			var took, cuts times
			segments := 0
			for b.Loop() {
				begun := time.Now()
				w.save(nil)
				took.add(begun)
				if names, err := namesOf(filepath.Join(w.dir, "wal")); err != nil {
					b.Fatal(err)
				} else if len(names) > segments {
					if segments > 0 {
						cuts = append(cuts, took[len(took)-1])
					}
					segments = len(names)
				}
				if w.written > 6*roomPerLog {
					b.StopTimer()
					w.end()
					w.begin()
					segments = 0
					b.StartTimer()
				}
			}
			took.report(b, "", 0.5, 0.99)
			cuts.report(b, "cut-", 0.5)
		})
	}
}

// times are how long calls took.
type times []time.Duration

func (t *times) add(begun time.Time) { *t = append(*t, time.Since(begun)) }

// report tells quantiles.
func (t times) report(b *testing.B, prefix string, quantiles ...float64) {
	if len(t) == 0 {
		return
	}
	slices.SortFunc(t, func(x, y time.Duration) int { return cmp.Compare(x, y) })
	for _, q := range quantiles {
		b.ReportMetric(float64(t[int(q*float64(len(t)-1))]), fmt.Sprintf("%sp%g-ns", prefix, 100*q))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
