package wal

import (
	"math/rand/v2"
	"testing"
)

// TestShapes compares the ring that grows with one that has its full size from the start: neither forgets earlier.
func TestShapes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var ring shapes
		var full [youngest]shape
		index := 1 + rng.Uint64N(3000)
		for i := range 3000 {
			e := shape{index: index, term: 1 + uint64(i), size: i}
			ring.put(e)
			full[index%youngest] = e
			for _, at := range []uint64{index, index - min(index-1, rng.Uint64N(youngest+100)), 1 + rng.Uint64N(8000)} {
				want := full[at%youngest]
				got, ok := ring.at(at)
				if remembered := want.index == at; ok != remembered || ok && got != want {
					t.Fatalf("seed %d, behind %d entries: at(%d) = %v, %v; a full ring holds %v", seed, i+1, at, got, ok, want)
				}
			}
			switch rng.IntN(40) {
			case 0:
				index -= rng.Uint64N(min(index, 50)) // overwrite
			case 1:
				index += rng.Uint64N(100) // behind a leader's snapshot
			default:
				index++
			}
		}
	}
}

// TestShapesStaySmall: a short log has a short ring.
func TestShapesStaySmall(t *testing.T) {
	t.Parallel()
	var ring shapes
	for i := range uint64(100) {
		ring.put(shape{index: 5000 + i})
	}
	if len(ring) > 128 {
		t.Errorf("100 entries have made the ring %d long", len(ring))
	}
}
