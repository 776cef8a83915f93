package snap_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"example.com/logbook/final/snap"
)

// rejects puts a damaged file beside an older one, and checks that it is rejected, told, and that the older one loads; and that a
// purge does not take it for whole.
func rejects(t *testing.T, what string, damaged []byte) {
	t.Helper()
	files := series(t, 3)
	files[name(9, 2)] = damaged
	sim := folder(t, files)
	s := snap.New(".", &snap.Options{FS: sim})
	got, err := s.Load()
	if err != nil || got.GetMetadata().GetIndex() != 3 || len(s.Rejected()) != 1 || s.Rejected()[0].File != name(9, 2) || !errors.Is(s.Rejected()[0].Err, snap.ErrCorrupt) {
		t.Errorf("%s: Load() = %d, %v, rejected %v", what, got.GetMetadata().GetIndex(), err, s.Rejected())
	}
	if err := s.Purge(meta(9, 2), 1); !errors.Is(err, snap.ErrCorrupt) || left(t, sim) != "9 3" {
		t.Errorf("%s: Purge() = %v, leaves %s", what, err, left(t, sim))
	}
}

// TestEveryBitFlip: no flipped bit of a file goes unseen, none of two by chance. F15
func TestEveryBitFlip(t *testing.T) {
	t.Parallel()
	whole := encode(t, snapshot(9, 2, "the state"))
	flip := func(b []byte, bit int) []byte {
		b = bytes.Clone(b)
		b[bit/8] ^= 1 << (bit % 8)
		return b
	}
	bits := len(whole) * 8
	for bit := range bits {
		rejects(t, "bit", flip(whole, bit))
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		a := rng.IntN(bits)
		rejects(t, "two bits", flip(flip(whole, a), (a+1+rng.IntN(bits-1))%bits))
	}
}

// TestSectors: a sector or page that is zeroed, or in another's place, or there twice, is seen. F16
func TestSectors(t *testing.T) {
	t.Parallel()
	data := make([]byte, 20_000)
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	whole := encode(t, snapshot(9, 2, string(data)))
	other := encode(t, snapshot(7, 2, string(data[1:])))
	for _, size := range []int{512, 4096} {
		for off := 0; off+size <= len(whole); off += size {
			for what, content := range map[string][]byte{
				"zeroed":            make([]byte, size),
				"twice":             whole[(off+size)%(len(whole)-size):],
				"from another file": other[off:],
			} {
				b := bytes.Clone(whole)
				copy(b[off:off+size], content)
				rejects(t, what, b)
			}
			swapped := bytes.Clone(whole)
			next := (off + size) % (len(whole) / size * size)
			copy(swapped[off:off+size], whole[next:])
			copy(swapped[next:next+size], whole[off:])
			rejects(t, "swapped", swapped)
		}
	}
}

// TestEveryLength: a file that is cut, at every byte, or extended, by zeros or by itself, is seen. F17
func TestEveryLength(t *testing.T) {
	t.Parallel()
	whole := encode(t, snapshot(9, 2, "the state"))
	for n := range whole {
		rejects(t, "cut", whole[:n])
		rejects(t, "zeros from there on", append(bytes.Clone(whole[:n]), make([]byte, len(whole)-n)...))
	}
	for n := range 600 {
		rejects(t, "extended", append(bytes.Clone(whole), make([]byte, n+1)...))
	}
	rejects(t, "doubled", append(bytes.Clone(whole), whole...))
}

// TestNoOlderInSilence: the newest that the log vouches for, or a list of what was rejected, also when several are damaged. F18
func TestNoOlderInSilence(t *testing.T) {
	t.Parallel()
	files := series(t, 3, 5, 7, 9)
	files[name(9, 2)][3] ^= 1
	files[name(7, 2)] = files[name(5, 2)]
	s := snap.New(".", &snap.Options{FS: folder(t, files)})
	got, err := s.Load()
	want := mustEncode(got)
	if err != nil || !bytes.Equal(want, files[name(5, 2)]) {
		t.Errorf("Load() = %v, %v", got, err)
	}
	r := s.Rejected()
	if len(r) != 2 || r[0].File != name(9, 2) || !errors.Is(r[0].Err, snap.ErrCorrupt) || r[1].File != name(7, 2) || !errors.Is(r[1].Err, snap.ErrName) {
		t.Errorf("Rejected() = %v, want 9 as corrupt and 7 for its name", r)
	}
	if _, err := s.LoadNewestAvailable(nil); err == nil || len(s.Rejected()) != 0 {
		t.Errorf("Rejected() after a load that rejected nothing = %v", s.Rejected())
	}
	if !proto.Equal(got, snapshot(5, 2, "state 5")) {
		t.Errorf("Load() = %v", got)
	}
}
