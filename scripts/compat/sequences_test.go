package compat

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.etcd.io/etcd/server/v3/storage/wal"
)

var (
	firstSeed = flag.Uint64("seed", 1, "the first `seed` of TestSequences")
	sequences = flag.Int("sequences", 10_000, "how `many` seeds TestSequences tries with final, and a fifth of them with chapter 3")
)

// sizes are the sizes of segments that are tried; a seed decides.
var sizes = []int64{2048, 8192, 1 << 16}

// TestSequences makes the same calls of ours and of etcd. See the package's doc.
func TestSequences(t *testing.T) {
	inMemory(t)
	// Etcd's log takes a megabyte of buffers at each opening.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	t.Run(chapter3.name, func(t *testing.T) { tryAll(t, chapter3, max(1, *sequences/5)) })
	t.Run(final.name, func(t *testing.T) { tryAll(t, final, *sequences) })
}

// tryAll runs a number of sequences with one kind of ours.
func tryAll(t *testing.T, k kind, sequences int) {
	t.Logf("seeds from %d to %d: -seed and -sequences choose others", *firstSeed, *firstSeed+uint64(sequences)-1)
	seen, total := map[string]int{}, 0
	for i, size := range sizes {
		var seeds []uint64
		for seed := *firstSeed; seed < *firstSeed+uint64(sequences); seed++ {
			if seed%uint64(len(sizes)) == uint64(i) {
				seeds = append(seeds, seed)
			}
		}
		wal.SegmentSizeBytes = size
		total += len(seeds)
		batch(t, k, seeds, size, seen)
	}
	t.Logf("%d sequences; expected differences, and how often: %v", total, seen)
	if total < 1000 {
		return
	}
	for _, id := range []string{"W02", "W03", "W04"} {
		if seen[id] == 0 {
			t.Errorf("%s did not show in %d sequences: take it off the list if it is mended", id, total)
		}
	}
}

// inMemory makes t.TempDir a folder in memory where the system has such a place: etcd
// syncs files and folders thousands of times, which is not what is tested.
func inMemory(t *testing.T) {
	t.Helper()
	const dir = "/dev/shm"
	if probe, err := os.MkdirTemp(dir, "compat"); err == nil && os.Remove(probe) == nil {
		t.Setenv("TMPDIR", dir)
	}
}

// batch runs sequences of one size of segment, on all processors.
func batch(t *testing.T, k kind, seeds []uint64, size int64, seen map[string]int) {
	t.Helper()
	dir := t.TempDir()
	var next atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for !t.Failed() {
				i := int(next.Add(1)) - 1
				if i >= len(seeds) {
					return
				}
				found, err := sequence(k, seeds[i], filepath.Join(dir, fmt.Sprint(seeds[i])), size)
				mu.Lock()
				for id, n := range found {
					seen[id] += n
				}
				mu.Unlock()
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// sequence runs one, and returns the expected differences that it met.
func sequence(k kind, seed uint64, dir string, size int64) (seen map[string]int, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	p, err := newPair(k, seed, dir, size)
	if err != nil {
		return nil, fmt.Errorf("seed %d: %w", seed, err)
	}
	if err := p.run(); err != nil {
		p.close()
		return p.seen, fmt.Errorf("seed %d: %w\nafter\n  %s\nrepeat it with: go test -run TestSequences/%s -seed %[1]d -sequences 1", seed, err, strings.Join(p.did, "\n  "), k.name)
	}
	if err := p.close(); err != nil {
		return p.seen, fmt.Errorf("seed %d: %w", seed, err)
	}
	return p.seen, os.RemoveAll(dir)
}
