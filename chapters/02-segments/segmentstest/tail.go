package segmentstest

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// sealedNeverTorn is I21.
func sealedNeverTorn(c *check) {
	m := threeSegments()
	for i := range 2 {
		for _, at := range cuts(m.end(i)) {
			short := m.bytes(i)[:at]
			c.sealed(m, i, short, fmt.Sprintf("%s, which is not the last segment, ends at %d instead of %d", m.names[i], at, m.end(i)))
			if at%8 == 0 {
				zeros := append(slices.Clone(short), make([]byte, m.end(i)-at)...)
				c.sealed(m, i, zeros, fmt.Sprintf("%s, which is not the last segment, is zero from %d on", m.names[i], at))
			}
		}
	}
}

// cuts are offsets to cut a file at, small ones first: around each 8 bytes.
func cuts(end int64) []int64 {
	var list []int64
	for at := int64(0); at < end; at += 8 {
		list = append(list, at)
		if at%40 == 0 && at+3 < end {
			list = append(list, at+3)
		}
	}
	return list
}

// sealed puts a log with one damaged sealed segment to Read and Open.
func (c *check) sealed(m *image, i int, b []byte, what string) {
	c.Helper()
	sim := m.disk(i, b)
	if l := look(sim); l.wrong == "" {
		return // what is missing was nothing but the file's zeros
	}
	for _, try := range []func(w *world) error{(*world).readError, (*world).open} {
		w := c.on(sim, what)
		err := try(w)
		p, ok := c.PlaceOf(err)
		if !ok || c.kind(err) != "ErrCorrupt" || p.Segment != m.names[i] && p.Segment != m.names[i+1] || p.Reason == "" {
			w.fail(failure{
				Got: c.told(err), Want: "a CorruptError in " + m.names[i],
				Means: "this file was durable to its end before the next had a name, so no crash has left this. Taken for torn, it would be cut: acknowledged records go, and the next file follows nothing.",
			})
		}
		w.untouched()
	}
}

// readError reads, for its error.
func (w *world) readError() error {
	_, err := w.read()
	return err
}

// untouched fails if the last call changed anything, or holds a lock.
func (w *world) untouched() {
	w.Helper()
	w.without(disk.OpChanges, "what cannot be opened is left as it is: it is evidence.")
	w.released()
}

// endMayBeTorn is I22.
func endMayBeTorn(c *check) {
	m := threeSegments()
	const crcRecord = 16 // its frame
	for _, log := range []*image{m, new(image).segment(0, firstHead...).add(plain(9), plain(600))} {
		i := len(log.names) - 1
		for _, at := range cuts(log.end(i)) {
			want, end := log.before(i, at)
			kind := "ErrTorn"
			switch {
			case at < crcRecord:
				kind, end = "ErrCorrupt", 0
			case at == end:
				kind = "nil"
			}
			short := log.bytes(i)[:at]
			c.atEnd(log, short, fmt.Sprintf("the last segment, %s, ends at %d instead of %d", log.names[i], at, log.end(i)), kind, end, want)
			if at%8 == 0 {
				zeros := append(slices.Clone(short), make([]byte, room-at)...)
				c.atEnd(log, zeros, fmt.Sprintf("the last segment, %s, is zero from %d on", log.names[i], at), kind, end, want)
			}
		}
	}
	c.changedAtEnd(m)
	c.openFails(m, reads, "where it ends nobody knows now, and so it is neither torn nor whole, nor damaged. Open tells what the disk told.")
}

// changedAtEnd flips bits of the last segment: no crash does that.
func (c *check) changedAtEnd(m *image) {
	i := len(m.names) - 1
	last := m.of(i)[len(m.of(i))-1]
	for at := int64(18); at < int64(16+len(last.Data)); at += 5 {
		b := m.bytes(i)
		b[last.Offset+at] ^= 0x10
		want, end := m.before(i, last.Offset)
		c.atEnd(m, b, fmt.Sprintf("a bit of the last record has flipped, at %d in %s", last.Offset+at, m.names[i]), "ErrCorrupt", end, want)
	}
}

// atEnd puts a log with another last segment to Read and Open.
func (c *check) atEnd(m *image, b []byte, what, kind string, end int64, want []Placed) {
	c.Helper()
	i := len(m.names) - 1
	sim := m.disk(i, b)
	means := "a crash leaves the end of the last segment like this, and nothing that was promised is missing: it may be cut off, by Repair."
	switch {
	case kind == "nil":
		means = "only zeros are behind the last record: this log is whole. What was never written was never promised."
	case end == 0:
		means = "the checksum record was durable before the file had its name. Whoever writes behind a missing one writes a file that nothing can be read from."
	case kind == "ErrCorrupt":
		means = "every byte of this record was written, and they do not verify: they have changed. To cut it off would destroy what was promised."
	}
	for _, try := range []func(w *world) error{(*world).readError, (*world).open} {
		w := c.on(sim, what)
		err := try(w)
		p, _ := c.PlaceOf(err)
		if c.kind(err) != kind || err != nil && (p.Segment != m.names[i] || p.Offset != end || p.Reason == "") {
			w.fail(failure{Got: c.told(err), Want: fmt.Sprintf("%s (the last good record ends at %d)", kind, end), Disk: excerpt(b, end), Means: means})
		}
		if err != nil {
			w.untouched()
		}
		if w.log != nil {
			recs, err := c.gather(w.log.Records())
			w.must(err)
			w.same(recs, want)
			w.must(w.close())
			sim = m.disk(i, b)
		}
	}
}

// readIsDurable is I23.
func readIsDurable(c *check) {
	for _, size := range []int{30, 700, 3000} {
		m := threeSegments()
		m.add(plain(size), plain(size+1))
		w := c.on(m.unsynced(), "the writer was killed; what it wrote to the last segment was never synced, nor was its name")
		w.must(w.open())
		var recs []Placed
		w.must(w.call("Records()", func() (err error) { recs, err = w.gather(w.log.Records()); return err }))
		w.same(recs, m.recs)
		if got, want := len(content(w.sim, m.names[2])), max(len(m.bytes(2)), room); got != want {
			w.fail(failure{Got: fmt.Sprintf("the last segment is %d bytes long", got), Want: fmt.Sprint(want), Means: "the room for what comes is reserved again, and never taken away."})
		}
		w.survives(texts(m.recs), texts(m.recs))
		if got, want := len(content(w.sim.Crash(disk.Lost), m.names[2])), max(len(m.bytes(2)), room); got != want {
			w.fail(failure{Got: fmt.Sprintf("after a crash, the last segment is %d bytes long", got), Want: fmt.Sprint(want), Disk: w.pending(), Means: "the room is durable before Open returns, so that no later sync has a new size to write: first reserve, then sync."})
		}
		w.must(w.append(plain(11)))
		w.must(w.sync())
		m.add(plain(11))
		w.survives(texts(m.recs), texts(m.recs))
		w.differ("the last segment", content(w.sim, m.names[2]), m.bytes(2), "Append goes on where the records end, with the chain as it stands there.")
		w.must(w.close())
		w.released()
	}
	c.openFails(threeSegments(), disk.OpChanges, "what was read may not be durable, so nobody may be given it, and the log is not damaged either. Open tells what the disk told.")
}

// unsynced is the log as a process leaves it that is killed before it has synced
// the last file, its name, or the folder's own name.
func (m *image) unsynced() *disk.Sim {
	sim := disk.NewSim()
	if err := m.copyTo(sim, len(m.names)-1); err != nil {
		panic(err) // the suite's own mistake
	}
	return sim.Kill()
}

// oneOwner is I25.
func oneOwner(c *check) {
	m := threeSegments()
	w := c.fresh()
	w.must(w.create(firstHead...))
	w.owned()
	w.must(w.append(plain(4)))
	w.must(w.cut(2, laterHead...))
	w.owned()
	w.must(w.close())
	w.must(w.open())
	w.owned()
	w.must(w.append(plain(4)))
	w.must(w.sync())
	w.must(w.close())
	w.must(w.open())
	w.must(w.close())
	c.releases(m)
	for i, n := range m.names {
		w := c.on(m.sound(), "another process holds "+n)
		other, err := w.sim.Open(dir+"/"+n, os.O_RDWR, 0)
		if err == nil {
			err = other.Lock()
		}
		if err != nil {
			c.Fatal(err)
		}
		if err := w.open(); c.kind(err) != "disk.ErrLocked" {
			w.fail(failure{Got: c.told(err), Want: "disk.ErrLocked", Means: fmt.Sprintf("segment %d is in use: two processes would write one log.", i)})
		}
		w.must(other.Close())
		w.released()
	}
	c.openFails(m, ^(reads | disk.OpChanges | disk.OpClose), "nobody can own this log now, and it is not damaged either.")
}

// reads are the operations that tell what is in a file.
const reads = disk.OpRead | disk.OpSize

// releases gives up segment after segment.
func (c *check) releases(m *image) {
	w := c.on(m.sound(), "a log of three segments")
	w.must(w.open())
	for i, want := range []string{m.names[0], m.names[1], "", ""} {
		var got string
		w.must(w.call("Release()", func() (err error) { got, err = w.log.Release(); return err }))
		if got != want || want != "" && suite.Locked(w.sim, dir+"/"+want) || !suite.Locked(w.sim, dir+"/"+m.names[2]) {
			w.fail(failure{Got: fmt.Sprintf("%q", got), Want: fmt.Sprintf("%q, unlocked; the last stays locked", want), Means: "segments are given up oldest first, and the last never."})
		}
		if got, want := w.log.Segments(), m.names[min(i+1, 2):]; !slices.Equal(got, want) {
			w.fail(failure{Got: "Segments() = " + listed(got), Want: listed(want), Means: "what was given up is the log's no more."})
		}
	}
	w.without(disk.OpChanges, "the files stay, for the caller to remove.")
	w.must(w.append(plain(9)))
	w.must(w.close())
}

// owned fails unless everybody else is refused, at once, and nothing is changed.
func (w *world) owned() {
	w.Helper()
	mine := w.log
	for _, try := range []func() error{w.open, func() error { _, err := w.repair(); return err }} {
		if err := try(); w.kind(err) != "disk.ErrLocked" {
			w.fail(failure{Got: w.told(err), Want: "disk.ErrLocked, at once", Means: "the log is open for writing: a second writer would write over the first one's records."})
		}
		w.without(disk.OpChanges, "the log is someone else's.")
	}
	w.log = mine
	w.must(w.append(plain(3)))
	w.must(w.sync())
}

// openFails has each of some operations of Open fail, one at a time. Whatever
// fails, nothing stays held, and the log is as it was.
func (c *check) openFails(m *image, ops disk.Op, means string) {
	for n := 1; ; n++ {
		w := c.on(m.sound(), "a sound log of three segments")
		struck := w.sim.Inject(disk.Fault{Ops: ops, Nth: n, Err: suite.ErrDisk})
		err := w.open()
		w.sim.Heal()
		switch {
		case struck() == 0:
			w.must(w.close())
			return
		case emptyRead(w.sim):
			continue
		}
		if !errors.Is(err, suite.ErrDisk) || errors.Is(err, c.ErrCorrupt) || errors.Is(err, c.ErrTorn) {
			w.fail(failure{Got: c.told(err), Want: "the disk's error", Means: "the disk said no (" + failedOp(w.sim) + "): " + means})
		}
		w.released()
		w.survives(texts(m.recs), texts(m.recs))
	}
}
