package disk_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"example.com/logbook/final/disk"
)

// seedFlag replays a failure of a random test: the failing test prints its seed.
var seedFlag = flag.Uint64("disk.seed", 1, "seed of the random tests")

// pair is one file, open on a real and on a simulated disk.
type pair struct{ real, sim disk.File }

// twins do everything on both disks, and note the first difference.
type twins struct {
	t     *testing.T
	rng   *rand.Rand
	real  disk.FS
	sim   disk.FS
	files []pair
	trace []string // the last operations, in words
}

// same compares the results of one operation, given in words.
func (w *twins) same(op string, real, sim any) {
	w.t.Helper()
	w.trace = append(w.trace, fmt.Sprintf("%s -> %v", op, sim))
	if fmt.Sprint(real) != fmt.Sprint(sim) {
		last := w.trace[max(0, len(w.trace)-20):]
		w.t.Fatalf("%s: the real disk gives %v, the simulated one %v, after\n%q", op, real, sim, last)
	}
}

// name returns a name, mostly one that makes sense.
func (w *twins) name() string {
	names := []string{"a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "e", "e/a", "e/d", ".", "a/x"}
	return names[w.rng.IntN(len(names))]
}

// step does one random operation.
func (w *twins) step() {
	name, to := w.name(), w.name()
	switch w.rng.IntN(20) {
	case 0, 1:
		w.same("mkdir "+name, class(w.real.Mkdir(name, disk.DirMode)), class(w.sim.Mkdir(name, disk.DirMode)))
	case 2, 3, 4:
		w.same("rename "+name+" "+to, class(w.real.Rename(name, to)), class(w.sim.Rename(name, to)))
	case 5, 6:
		w.same("remove "+name, class(w.real.Remove(name)), class(w.sim.Remove(name)))
	case 7:
		w.list(name)
	case 8:
		w.stat(name)
	case 9, 10, 11:
		w.open(name)
	default:
		if len(w.files) > 0 {
			w.file(w.rng.IntN(len(w.files)))
		}
	}
	if w.rng.IntN(200) == 0 {
		w.same("syncdir "+name, class(w.real.SyncDir(name)), class(w.sim.SyncDir(name)))
	}
}

// list compares a folder.
func (w *twins) list(name string) {
	r, rerr := w.real.List(name)
	s, serr := w.sim.List(name)
	w.same("list "+name, fmt.Sprint(r, class(rerr)), fmt.Sprint(s, class(serr)))
}

// stat compares type, permissions and size; the size of a folder means nothing.
func (w *twins) stat(name string) {
	describe := func(fsys disk.FS) string {
		info, err := fsys.Stat(name)
		if err != nil {
			return class(err)
		}
		size := info.Size()
		if info.IsDir() {
			size = 0
		}
		return fmt.Sprint(info.Mode(), size, info.IsDir())
	}
	w.same("stat "+name, describe(w.real), describe(w.sim))
}

// open opens a file on both disks; at most eight stay open.
func (w *twins) open(name string) {
	flags := []int{
		os.O_RDONLY, os.O_RDWR, os.O_RDWR | os.O_CREATE, os.O_RDWR | os.O_CREATE | os.O_EXCL,
		os.O_RDWR | os.O_CREATE | os.O_TRUNC, os.O_RDWR | os.O_TRUNC,
	}
	flag := flags[w.rng.IntN(len(flags))]
	r, rerr := w.real.Open(name, flag, disk.FileMode)
	s, serr := w.sim.Open(name, flag, disk.FileMode)
	w.same(fmt.Sprintf("open %s %#x", name, flag), class(rerr), class(serr))
	if rerr == nil {
		w.files = append(w.files, pair{r, s})
	}
	if len(w.files) > 8 {
		w.close(w.rng.IntN(len(w.files)))
	}
}

// close closes a file on both disks.
func (w *twins) close(i int) {
	f := w.files[i]
	w.same("close "+f.sim.Name(), class(f.real.Close()), class(f.sim.Close()))
	w.files = append(w.files[:i], w.files[i+1:]...)
}

// file does one random operation on an open file.
func (w *twins) file(i int) {
	f := w.files[i]
	offset, size := w.rng.Int64N(3000), w.rng.IntN(1500)
	op := fmt.Sprintf("%s at %d, %d bytes", f.sim.Name(), offset, size)
	switch w.rng.IntN(8) {
	case 0, 1:
		p := bytes.Repeat([]byte{byte(w.rng.IntN(4))}, size)
		rn, rerr := f.real.WriteAt(p, offset)
		sn, serr := f.sim.WriteAt(p, offset)
		w.same("write "+op, fmt.Sprint(rn, class(rerr)), fmt.Sprint(sn, class(serr)))
	case 2, 3:
		rp, sp := make([]byte, size), make([]byte, size)
		rn, rerr := f.real.ReadAt(rp, offset)
		sn, serr := f.sim.ReadAt(sp, offset)
		w.same("read "+op, fmt.Sprint(rn, class(rerr)), fmt.Sprint(sn, class(serr)))
		w.same("bytes of read "+op, runs(string(rp)), runs(string(sp)))
	case 4:
		w.same("truncate "+op, class(f.real.Truncate(offset)), class(f.sim.Truncate(offset)))
	case 5:
		w.same("preallocate "+op, class(f.real.Preallocate(offset)), class(f.sim.Preallocate(offset)))
	case 6:
		w.same("lock "+op, class(f.real.Lock()), class(f.sim.Lock()))
	case 7:
		if w.rng.IntN(20) == 0 {
			w.same("sync "+op, class(f.real.Sync()), class(f.sim.Sync()))
		}
		if w.rng.IntN(4) == 0 {
			w.close(i)
		}
	}
}

// compare compares all that can be seen of both disks.
func (w *twins) compare() {
	for _, f := range w.files {
		rs, rerr := f.real.Size()
		ss, serr := f.sim.Size()
		w.same("size of "+f.sim.Name(), fmt.Sprint(rs, class(rerr)), fmt.Sprint(ss, class(serr)))
		rb, _ := io.ReadAll(io.NewSectionReader(f.real, 0, 1<<20))
		sb, _ := io.ReadAll(io.NewSectionReader(f.sim, 0, 1<<20))
		w.same("content of "+f.sim.Name(), runs(string(rb)), runs(string(sb)))
	}
	w.same("picture", picture(w.t, w.real), picture(w.t, w.sim))
}

// Whatever is done to both, a simulated disk looks like a real one, and so does what kill -9 leaves of it.
func TestDifferential(t *testing.T) {
	t.Parallel()
	for i := range uint64(12) {
		seed := *seedFlag + i
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			dir := t.TempDir()
			must(t, os.Chmod(dir, 0o700)) // as a simulated disk begins
			w := &twins{t: t, rng: rand.New(rand.NewPCG(seed, 0)), real: newOS(t, dir), sim: sim}
			for n := range 1500 {
				w.step()
				if n%100 == 0 {
					w.compare()
					for len(w.files) > 0 {
						w.close(0)
					}
					sim = sim.Kill()
					w.sim = sim
				}
			}
			w.compare()
			for len(w.files) > 0 {
				w.close(0)
			}
			if got, want := picture(t, sim.Crash(disk.Kept)), picture(t, sim); got != want {
				t.Errorf("Crash(Kept) shows %q, want %q", got, want)
			}
		})
	}
}
