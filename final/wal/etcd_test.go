package wal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// etcdLog returns the log of two segments that etcd v3.7.3 wrote, as if it had been built here: final/testdata/two-segments.
func etcdLog(t *testing.T) *build {
	t.Helper()
	b := &build{image: image{}, reserve: 8192}
	files, err := filepath.Glob("../testdata/two-segments/*.wal")
	if err != nil || len(files) != 2 {
		t.Fatalf("%d segments, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b.name = filepath.Base(file)
		frames := framesOf(data)
		b.image[b.name] = data[:frames[len(frames)-1].end]
	}
	return b
}

// TestEveryBitFlipOfEtcd flips each bit of a log that etcd wrote. F15
func TestEveryBitFlipOfEtcd(t *testing.T) {
	t.Parallel()
	flipEveryBit(t, etcdLog(t))
}

// TestCutEtcd cuts the last segment of a log that etcd wrote at each byte: every cut between two records behind the head reads cleanly, every
// other as torn, those in the head with a reason of their own, and what is read is the beginning of the log. W27
func TestCutEtcd(t *testing.T) {
	t.Parallel()
	b := etcdLog(t)
	want := read(t, b.files(), nil)
	last := b.image[b.name]
	frames := framesOf(last)
	ends := map[int]bool{}
	for _, f := range frames[1:] {
		ends[f.end] = true
	}
	clean, torn := 0, 0
	for n := range len(last) + 1 {
		m := b.image.clone()
		m[b.name] = last[:n:n]
		r := read(t, m, nil)
		switch {
		case r.err != nil:
			t.Errorf("cut at %d: %v", n, r.err)
		case !isPrefix(want, r) || !bytes.Equal(r.metadata, want.metadata):
			t.Errorf("cut at %d: read %v", n, indexes(r.ents))
		case r.tail.Torn && !ends[n]:
			torn++
			if head := n < frames[1].end; r.tail.Head != head || head != strings.Contains(r.tail.Reason, "head is not whole") {
				t.Errorf("cut at %d: tail %+v, the head ends at %d", n, r.tail, frames[1].end)
			}
		case !r.tail.Torn && ends[n]:
			clean++
		default:
			t.Errorf("cut at %d: torn is %v (%s)", n, r.tail.Torn, r.tail.Reason)
		}
	}
	t.Logf("%d of %d cuts read as torn, %d as clean", torn, len(last)+1-len(ends), clean)
}
