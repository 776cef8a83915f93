package crash_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// picture is what a program can see of a disk, with runs of a letter as letter and count.
func picture(fs disk.FS) string {
	var b strings.Builder
	entries, err := fs.List(".")
	if err != nil {
		return err.Error()
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "%s=", e.Name())
		for body := read(fs, e.Name()); body != ""; {
			rest := strings.TrimLeft(body, body[:1])
			fmt.Fprintf(&b, "%q%d", body[0], len(body)-len(rest))
			body = rest
		}
		b.WriteByte(' ')
	}
	return b.String()
}

// album is a set of pictures.
type album struct {
	sync.Mutex
	seen map[string]bool
}

func (a *album) add(fs disk.FS) {
	p := picture(fs)
	a.Lock()
	defer a.Unlock()
	if a.seen == nil {
		a.seen = map[string]bool{}
	}
	a.seen[p] = true
}

// every adds a picture of each disk that a crash may leave, counting through the versions.
func (a *album) every(sim *disk.Sim) {
	pending := sim.Pending()
	total := 1
	for _, u := range pending {
		total *= u.Versions
	}
	for n := range total {
		a.add(sim.Crash(func(u disk.Undecided) disk.Outcome {
			rest := n
			for _, before := range pending[:u.Index] {
				rest /= before.Versions
			}
			return disk.Outcome{Version: rest % u.Versions}
		}))
	}
}

// scribble does some operations by chance, and goes on when one fails.
func scribble(fs disk.FS, seed uint64) error {
	rng := rand.New(rand.NewPCG(seed, 0))
	files := map[string]disk.File{}
	for range 6 {
		name, other := string("ab"[rng.IntN(2)]), string("abc"[rng.IntN(3)])
		if files[name] == nil {
			f, err := fs.Open(name, os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err != nil {
				return err
			}
			files[name] = f
		}
		switch rng.IntN(8) {
		case 0:
			files[name].Sync()
		case 1:
			fs.SyncDir(".")
		case 2:
			if fs.Rename(name, other) == nil {
				files[name], files[other] = nil, files[name]
			}
		case 3:
			if fs.Remove(name) == nil {
				files[name] = nil
			}
		case 4:
			files[name].Truncate(int64(rng.IntN(700)))
		default:
			p := strings.Repeat(string(rune('k'+rng.IntN(10))), 1+rng.IntN(900))
			if _, err := files[name].WriteAt([]byte(p), int64(rng.IntN(600))); err != nil {
				return err
			}
		}
	}
	return nil
}

// counted takes a picture of each disk that a workload may leave: behind each operation, and, in further runs, inside each
// write that a fault cuts short between two sectors.
func counted(seed uint64) *album {
	var a album
	whole := disk.NewSim()
	a.every(whole)
	whole.Watch(func(disk.Event) { a.every(whole) })
	scribble(whole, seed)
	nth := 0
	for _, e := range whole.Log() {
		if e.Op != disk.OpWrite {
			continue
		}
		nth++
		for bytes := range int(e.Length) {
			if (e.Offset+int64(bytes))%disk.SectorSize == 0 {
				cut := disk.NewSim()
				cut.Inject(disk.Fault{Ops: disk.OpWrite, Nth: nth, Bytes: bytes})
				scribble(cut, seed)
				a.every(cut)
			}
		}
	}
	return &a
}

// Small workloads reach every disk that the simulated disk can leave, and no other: told a second time by plain counting.
func TestOracle(t *testing.T) {
	t.Parallel()
	for seed := uint64(14); seed < 36; seed++ { // as many as are quick
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			var got album
			e := &crash.Experiment{
				Name:    "scribble",
				Work:    func(fs disk.FS, note func(any)) error { return scribble(fs, seed) },
				Recover: func(fs disk.FS, notes []any) error { got.add(fs); return nil },
			}
			report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 20, Depth: -1})
			if err != nil || !report.Exhaustive() {
				t.Fatalf("Explore() = %v, %v", report, err)
			}
			if diff := cmp.Diff(counted(seed).seen, got.seen); diff != "" {
				t.Errorf("disks mismatch (-counted +searched):\n%s", diff)
			}
			if report.Distinct != int64(len(got.seen)) {
				t.Errorf("%d distinct disks, want %d: each once", report.Distinct, len(got.seen))
			}
		})
	}
}
