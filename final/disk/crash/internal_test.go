package crash

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
)

// versions makes undecided sectors with these numbers of versions.
func versions(numbers ...int) (list []disk.Undecided) {
	for i, n := range numbers {
		list = append(list, disk.Undecided{Index: i, Kind: disk.SectorKind, Versions: n})
	}
	return list
}

// From one combination to the next, one thing changes by one version; none comes twice, none is missing.
func TestGray(t *testing.T) {
	t.Parallel()
	for _, radix := range [][]int{{}, {2}, {2, 2, 2, 2, 2}, {3, 2, 4}, {2, 5}, {7}} {
		t.Run(fmt.Sprint(radix), func(t *testing.T) {
			t.Parallel()
			want := 1
			for _, n := range radix {
				want *= n
			}
			seen := map[string]bool{}
			var before []int
			for digits := range gray(versions(radix...)) {
				if before == nil && slices.ContainsFunc(digits, func(d int) bool { return d != 0 }) {
					t.Errorf("begins with %v, want all that is durable", digits)
				}
				changed := 0
				for i := range before {
					if d := digits[i] - before[i]; d != 0 {
						changed += d * d
					}
				}
				if before != nil && changed != 1 {
					t.Errorf("%v follows %v: want one step of one digit", digits, before)
				}
				before = slices.Clone(digits)
				if len(before) == 0 {
					before = []int{}
				}
				seen[fmt.Sprint(digits)] = true
			}
			if len(seen) != want {
				t.Errorf("%d different combinations, want %d", len(seen), want)
			}
		})
	}
}

// The patterns are those that the package comment names, no more, no fewer: counted over all subsets.
func TestPatterns(t *testing.T) {
	t.Parallel()
	for n := range 11 {
		got := map[uint]bool{}
		for kept := range patterns(n) {
			var mask uint
			for i, k := range kept {
				if k {
					mask |= 1 << i
				}
			}
			got[mask] = true
		}
		want := map[uint]bool{}
		for mask := range uint(1) << n {
			all := uint(1)<<n - 1
			few := bits.OnesCount(mask) <= 2 || bits.OnesCount(all^mask) <= 2
			prefix, suffix := mask&(mask+1) == 0, (all^mask)&((all^mask)+1) == 0
			if few || prefix || suffix {
				want[mask] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("patterns(%d) mismatch (-want +got):\n%s", n, diff)
		}
	}
}

// sectors returns a disk with a durable file in which n sectors of x are not durable.
func sectors(t *testing.T, n int) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	f, err := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		t.Fatal(err)
	}
	f.Preallocate(int64(n) * disk.SectorSize)
	f.Sync()
	sim.SyncDir(".")
	f.WriteAt(slices.Repeat([]byte("x"), n*disk.SectorSize), 0)
	return sim
}

// count makes the disks of a plan and returns how many there are and how many different ones.
func count(sim *disk.Sim, p *plan) (states, distinct int) {
	p.list = sim.Pending()
	p.rng = rand.New(rand.NewPCG(1, 1))
	seen := map[uint64]bool{}
	for o := range p.states() {
		states++
		seen[sim.Crash(func(u disk.Undecided) disk.Outcome { return o[u.Index] }).Fingerprint()] = true
	}
	return states, len(seen)
}

// The numbers of disks are those that paper gives.
func TestCounts(t *testing.T) {
	t.Parallel()
	const tears = 2 * 63 // each word but the first can be the first behind the cut, the new in front or behind
	for _, test := range []struct {
		name             string
		sectors          int
		plan             plan
		states, distinct int
	}{
		{"all_subsets", 12, plan{most: 12, bound: 12}, 4096, 4096},
		{"one_torn", 1, plan{most: 12, bound: 12, torn: true}, 2 + tears, 2 + tears},
		{"torn_among_two", 2, plan{most: 12, bound: 12, torn: true, near: 6}, 4 + 2*2*tears, 4 + 2*2*tears},
		{"torn_among_many", 12, plan{most: 12, bound: 12, torn: true, near: 6}, 4096 + 12*4*tears, 4096 + (10*4+2*2)*tears},
		// Of 13: 14 prefixes and 12 other suffixes, 13 missing and 13 present of which 2 and 2 are among these, 78 pairs each
		// way of which 2 and 2 are, and the one that misses both ends.
		{"beyond_the_bound", 13, plan{most: 12, bound: 12}, 2*14 + 2*91, 14 + 12 + 11 + 11 + 78 - 2 + 78 - 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			states, distinct := count(sectors(t, test.sectors), &test.plan)
			if states != test.states || distinct != test.distinct {
				t.Errorf("%d states, %d of them distinct, want %d and %d", states, distinct, test.states, test.distinct)
			}
		})
	}
}

// Beyond the bound, each combination of names and sizes meets each pattern of sectors; and what is drawn by chance comes
// on top.
func TestNamesTimesPatterns(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt(slices.Repeat([]byte("x"), 13*disk.SectorSize), 0)
	sim.Rename("a", "b")
	states, _ := count(sim, &plan{most: 12, bound: 12})
	if want := 8 * (2*14 + 2*91); states != want {
		t.Errorf("%d states, want %d: two names and a size, times the patterns", states, want)
	}
	more, _ := count(sim, &plan{most: 12, bound: 12, seeds: 5})
	if more != states+5 {
		t.Errorf("%d states with 5 by chance, want %d", more, states+5)
	}
	few, _ := count(sim, &plan{most: 4, bound: 4})
	if want := 2*17 + 2*(16*17/2); few != want {
		t.Errorf("%d states, want %d: the patterns of all sixteen", few, want)
	}
}

// Each version is torn with each other one, neighbours first, and cuts that show nothing new are left out.
func TestTears(t *testing.T) {
	t.Parallel()
	sim := sectors(t, 0)
	f, _ := sim.Open("a", os.O_RDWR, 0)
	f.WriteAt([]byte("11111111"+"22222222"), 0)
	f.WriteAt([]byte("33333333"+"22222222"+"44444444"), 0)
	f.WriteAt([]byte("33333333"+"22222222"+"44444444"+"55555555"), 0)
	for _, u := range sim.Pending() {
		if u.Kind != disk.SectorKind {
			continue
		}
		var got []string
		for o := range (&plan{torn: true}).mixes(u) {
			got = append(got, fmt.Sprintf("%d|%d|%d", o.Version, o.Cut, o.Behind))
		}
		want := []string{
			"0|8|1", "1|8|0", "0|8|3", "3|8|0", "0|16|3", "3|16|0", "0|24|3", "3|24|0", "1|8|2", "2|8|1",
			"0|8|2", "2|8|0", "0|16|2", "2|16|0", "1|8|3", "3|8|1", "1|24|3", "3|24|1",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mixes() mismatch (-want +got):\n%s", diff)
		}
	}
}

// Of many versions, neighbours are torn in every way, and of the other pairs as many are drawn as there are seeds: the same
// for the same seed.
func TestMixesBeyondTheBound(t *testing.T) {
	t.Parallel()
	for _, versions := range []int{mixable, mixable + 1} {
		sim := sectors(t, 0)
		f, _ := sim.Open("a", os.O_RDWR, 0)
		for n := range versions - 1 {
			f.WriteAt(slices.Repeat([]byte{byte(n + 1)}, disk.SectorSize), 0)
		}
		mixes := func(seed uint64) (list []disk.Outcome, far int) {
			for _, u := range sim.Pending() {
				p := &plan{list: []disk.Undecided{u}, torn: true, seeds: 50, rng: rand.New(rand.NewPCG(seed, 1))}
				if u.Kind != disk.SectorKind {
					continue
				}
				if p.tornFull() != (versions <= mixable) {
					t.Errorf("%d versions: tornFull() = %v", versions, p.tornFull())
				}
				for o := range p.mixes(u) {
					list = append(list, o)
					if d := o.Version - o.Behind; d*d > 1 && d*d < (versions-1)*(versions-1) {
						far++
					}
				}
			}
			return list, far
		}
		one, far := mixes(1)
		again, _ := mixes(1)
		if diff := cmp.Diff(one, again); diff != "" {
			t.Errorf("the same seed draws others (-first +second):\n%s", diff)
		}
		const cuts = 2 * 63
		near, want := versions*cuts, 50
		if versions <= mixable {
			want = versions*(versions-1)/2*cuts - near
		}
		if far != want || len(one) != near+want {
			t.Errorf("%d versions: %d mixes, %d of them of versions far apart, want %d and %d", versions, len(one), far, near+want, want)
		}
		if other, _ := mixes(2); versions > mixable && slices.Equal(one, other) {
			t.Error("another seed draws the same")
		}
	}
}

// Nothing is forgotten while there is room; without it, the set stays as small as it must.
func TestSeen(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	keys := make([]uint64, 50_000)
	roomy, narrow := newSeen(1<<20), newSeen(1<<10)
	for i := range keys {
		keys[i] = rng.Uint64()
		if roomy.has(keys[i]) {
			t.Errorf("has(%x) before it was added", keys[i])
		}
		roomy.add(keys[i])
		narrow.add(keys[i])
		if !roomy.has(keys[i]) || !narrow.has(keys[i]) {
			t.Fatalf("has(%x) = false just after it was added", keys[i])
		}
	}
	roomy.add(0)
	if !roomy.has(0) {
		t.Error("has(0) = false after it was added")
	}
	kept := 0
	for _, key := range keys {
		if !roomy.has(key) {
			t.Errorf("%x is forgotten though there is room", key)
		}
		if narrow.has(key) {
			kept++
		}
	}
	if len(narrow.slots) != 1<<10 || kept < 1<<8 {
		t.Errorf("the narrow set has %d slots and knows %d keys, want 1024 and at least 256", len(narrow.slots), kept)
	}
}

// A token reads back, and what is none is refused.
func TestToken(t *testing.T) {
	t.Parallel()
	work := &run{ops: []op{{Event: disk.Event{Op: disk.OpCreate, Name: "a"}}}}
	trace := []cut{
		{op: 5, done: whole, notes: 2, outcomes: []disk.Outcome{{}, {Version: 1, Cut: 8}, {Version: 3, Cut: 504, Behind: 2}}},
		{op: 12, done: 512, notes: 3, kill: true},
		{op: 0, done: whole, notes: 3},
	}
	text := token(work, trace)
	got, err := parse(work, text)
	if diff := cmp.Diff(fmt.Sprint(trace), fmt.Sprint(got)); diff != "" || err != nil {
		t.Errorf("parse(%q) = %v, mismatch (-want +got):\n%s", text, err, diff)
	}
	for _, bad := range []string{"", "x", text[:8], text + "_", "00000000" + text[8:], text + "x", text[:8] + "_5n2", text[:8] + "_5n99999999999k"} {
		if _, err := parse(work, bad); err == nil {
			t.Errorf("parse(%q) = nil, want an error", bad)
		}
	}
}

// What was seen after more crashes is to be searched again after fewer, for then more may follow.
func TestKnown(t *testing.T) {
	t.Parallel()
	s := &search{seen: newSeen(seenMost)}
	key, _ := s.known(7, 1, 0)
	s.seen.add(key)
	for crashes, want := range []bool{false, true, true} {
		if _, got := s.known(7, crashes, 0); got != want {
			t.Errorf("known after %d crashes = %v, want %v: it was seen after 1", crashes, got, want)
		}
	}
	if _, other := s.known(7, 1, 1); other {
		t.Error("a disk is taken for a point")
	}
}
