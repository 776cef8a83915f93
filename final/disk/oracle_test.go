package disk_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
)

// oracle is the fault model told a second time, byte by byte and file by file, without sectors: what a file may be after
// a crash. Every file carries its number in its first byte, so that it is recognized under any name.
type oracle struct {
	sizes  map[int]bool // a file may have each of these sizes
	bytes  [3000]string // a byte may have each of these values; none means only the present one
	size   int          // the present size
	now    [3000]byte   // the present bytes
	synced bool         // its first byte is durable: wherever the file is, it is recognized
}

// newOracle is an empty file of which nothing was synced.
func newOracle() *oracle {
	return &oracle{sizes: map[int]bool{0: true}}
}

// set notes that a byte was written.
func (o *oracle) set(at int, b byte) {
	if b != o.now[at] {
		o.bytes[at] += string([]byte{o.now[at], b})
		o.now[at] = b
	}
}

// resize notes a new size.
func (o *oracle) resize(size int) {
	for at := size; at < o.size; at++ {
		o.set(at, 0)
	}
	o.size = size
	o.sizes[size] = true
}

// sync leaves one possibility of everything.
func (o *oracle) sync() {
	o.sizes = map[int]bool{o.size: true}
	o.bytes = [3000]string{}
	o.synced = true
}

// check tells what is wrong with a content after a crash, or nothing.
func (o *oracle) check(content string) string {
	if !o.sizes[len(content)] {
		return fmt.Sprintf("size %d, which it never had", len(content))
	}
	for at := range len(content) {
		if content[at] != o.now[at] && strings.IndexByte(o.bytes[at], content[at]) < 0 {
			return fmt.Sprintf("byte %d is %d, allowed is any of %q, or now %d", at, content[at], o.bytes[at], o.now[at])
		}
	}
	return ""
}

// world is a simulated disk with one folder, and what is known of its files.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	sim   *disk.Sim
	files map[byte]*oracle
	open  map[byte]disk.File
	now   map[string]byte   // the present names
	names []map[string]byte // the names since the folder was synced last, the durable ones first
	next  byte
}

// step does one random operation that succeeds, on both.
func (w *world) step() {
	name, to := string('a'+rune(w.rng.IntN(5))), string('a'+rune(w.rng.IntN(5)))
	id := w.now[name]
	switch n := w.rng.IntN(12); {
	case id == 0:
		w.create(name)
	case n == 0:
		must(w.t, w.sim.Remove(name))
		delete(w.now, name)
		w.renamed()
	case n <= 2:
		must(w.t, w.sim.Rename(name, to))
		delete(w.now, name)
		w.now[to] = id
		w.renamed()
	case n == 3:
		must(w.t, w.sim.SyncDir("."))
		w.names = w.names[len(w.names)-1:]
	case n <= 5:
		must(w.t, w.open[id].Sync())
		w.files[id].sync()
	case n == 6:
		size := 1 + w.rng.IntN(2000)
		must(w.t, w.open[id].Truncate(int64(size)))
		w.files[id].resize(size)
	default:
		w.write(id)
	}
}

// renamed notes the names as they are now.
func (w *world) renamed() {
	names := map[string]byte{}
	for name, id := range w.now {
		names[name] = id
	}
	w.names = append(w.names, names)
}

// create creates a file and writes its number.
func (w *world) create(name string) {
	if w.next == 255 {
		return
	}
	w.next++
	w.now[name], w.files[w.next] = w.next, newOracle()
	w.open[w.next] = open(w.t, w.sim, name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	w.renamed()
	write(w.t, w.open[w.next], string([]byte{w.next}), 0)
	w.files[w.next].set(0, w.next)
	w.files[w.next].resize(1)
}

// write writes some bytes behind the first.
func (w *world) write(id byte) {
	at, o := 1+w.rng.IntN(1500), w.files[id]
	p := make([]byte, 1+w.rng.IntN(700))
	for i := range p {
		p[i] = byte(w.rng.IntN(256))
		o.set(at+i, p[i])
	}
	if at+len(p) > o.size {
		o.resize(at + len(p))
	}
	write(w.t, w.open[id], string(p), int64(at))
}

// check looks at what a crash left. Files whose number is not durable may be shown with a zero instead, or empty.
func (w *world) check(what string, crashed *disk.Sim) {
	w.t.Helper()
	entries, err := crashed.List(".")
	must(w.t, err)
	found := map[byte]string{}
	for _, e := range entries {
		body := content(w.t, crashed, e.Name())
		var id byte
		if body != "" {
			id = body[0]
		}
		was, ok := false, w.files[id] != nil
		for _, names := range w.names {
			was = was || names[e.Name()] != 0 && (id == 0 || names[e.Name()] == id)
			ok = ok || id == 0 && names[e.Name()] != 0 && !w.files[names[e.Name()]].synced
		}
		if !was || !ok {
			w.t.Errorf("%s: %q shows file %d, which never had that name", what, e.Name(), id)
		}
		if id == 0 || !ok {
			continue
		}
		if other := found[id]; other != "" {
			w.t.Errorf("%s: file %d is found as %q and as %q", what, id, other, e.Name())
		}
		found[id] = e.Name()
		if wrong := w.files[id].check(body); wrong != "" {
			w.t.Errorf("%s: %q, file %d: %s", what, e.Name(), id, wrong)
		}
	}
	w.lost(what, found)
}

// lost reports files that a crash lost though they had a name at every moment since the folder was synced last.
func (w *world) lost(what string, found map[byte]string) {
	w.t.Helper()
	for id, o := range w.files {
		always := o.synced
		for _, names := range w.names {
			here := false
			for _, other := range names {
				here = here || other == id
			}
			always = always && here
		}
		if always && found[id] == "" {
			w.t.Errorf("%s: file %d is gone, and was never removed", what, id)
		}
	}
}

// Whatever was done, no crash leaves anything but what the fault model allows.
func TestOracle(t *testing.T) {
	t.Parallel()
	for i := range uint64(10) {
		seed := *seedFlag + i
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), sim: disk.NewSim(), files: map[byte]*oracle{},
				open: map[byte]disk.File{}, now: map[string]byte{}, names: []map[string]byte{{}}}
			for n := range 150 {
				w.step()
				if n%3 != 0 || t.Failed() {
					continue
				}
				for c := range uint64(4) {
					what := fmt.Sprintf("after %d steps, crash %d", n+1, c)
					w.check(what, w.sim.Crash(disk.Random(c)))
					w.check(what+" in pages", w.sim.Crash(disk.Paged(disk.Random(c))))
				}
				w.extremes(n)
			}
		})
	}
}

// extremes compares Lost and Kept with what is known exactly.
func (w *world) extremes(n int) {
	lost, kept := w.sim.Crash(disk.Lost), w.sim.Crash(disk.Kept)
	if got, want := list(w.t, lost, "."), sortedNames(w.names[0]); got != want {
		w.t.Errorf("after %d steps, Lost leaves %q, want %q", n+1, got, want)
	}
	for _, sim := range []*disk.Sim{kept, w.sim.Kill()} {
		if got, want := picture(w.t, sim), picture(w.t, w.sim); got != want {
			w.t.Errorf("after %d steps, Kept or Kill leave %q, want %q", n+1, got, want)
		}
	}
}

// sortedNames returns names as list does.
func sortedNames(names map[string]byte) string {
	var list []string
	for c := range 5 {
		if name := string('a' + rune(c)); names[name] != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, " ")
}
