package segmentstest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	golden "example.com/logbook/chapters/02-segments/testdata/golden"
	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// readAsOne is I18.
func readAsOne(c *check) {
	one := new(image).segment(0, firstHead...)
	for _, in := range []struct {
		what string
		m    *image
	}{
		{"a log of one segment, no record behind its head", one},
		{"a log of one segment", new(image).segment(0).add(plain(1), Record{Type: typePlain}, Record{Type: typePlain, Data: []byte{}}, plain(700))},
		{"a log of three segments", threeSegments()},
		{"a log of two segments, the second with nothing but its checksum record", new(image).segment(0, plain(30)).segment(1)},
		{"a log whose oldest segments were given up", threeSegments().from(1)},
	} {
		c.reads(in.m, in.what)
	}
	logs, err := golden.All()
	if err != nil {
		c.Fatalf("the suite's own golden files: %v", err)
	}
	for _, l := range logs {
		c.reads(fromGolden(l), "the log of "+l.Name+".txtar")
	}
	c.stopsWhenAsked()
	c.noLog()
	c.endKnown()
}

// from is the log without the files before file i.
func (m *image) from(i int) *image {
	return &image{names: m.names[i:], files: m.files[i:], recs: slices.DeleteFunc(slices.Clone(m.recs), func(r Placed) bool { return r.Segment < m.names[i] }), crc: m.crc}
}

// reads fails unless Read returns all of a log, and changes nothing.
func (c *check) reads(m *image, what string) {
	c.Helper()
	w := c.on(m.sound(), what)
	held, err := w.sim.Open(dir+"/"+m.names[0], os.O_RDWR, 0) // its owner is at work
	if err == nil {
		err = held.Lock()
	}
	if err != nil {
		c.Fatal(err)
	}
	defer held.Close()
	recs, err := w.read()
	if err != nil {
		w.fail(failure{Got: fmt.Sprintf("%d records, then %s", len(recs), c.told(err)), Want: fmt.Sprintf("%d records, and no error", len(m.recs)), Means: "nothing is wrong with this log. Read takes no lock: one in use can be looked at."})
	}
	w.same(recs, m.recs)
	w.without(disk.OpChanges, "Read changes nothing.")
	for _, r := range recs {
		for i := range r.Data {
			r.Data[i] = 0 // it is the caller's
		}
	}
	if again, _ := c.gather(c.Read(w.sim, dir)); len(again) != len(recs) {
		w.fail(failure{Got: fmt.Sprintf("a second Read gives %d records", len(again)), Want: fmt.Sprint(len(recs)), Means: "a record is the caller's to keep and to change."})
	}
}

// same fails unless got is want, and shows the first record that is not.
func (w *world) same(got, want []Placed) {
	w.Helper()
	for i := range max(len(got), len(want)) {
		a, b := "no record", "no record"
		if i < len(got) {
			a = placed(got[i])
		}
		if i < len(want) {
			b = placed(want[i])
		}
		if a != b {
			w.fail(failure{
				Got: fmt.Sprintf("record %d: %s", i, a), Want: fmt.Sprintf("record %d: %s", i, b),
				Means: "every record of every file comes once, in order, checksum records and heads too, with the file and the offset where its frame begins.",
			})
		}
	}
}

// placed is a record in a line.
func placed(r Placed) string {
	data := fmt.Sprintf("%q", r.Data)
	switch {
	case r.Data == nil:
		data = "nil"
	case len(data) > 40:
		data = fmt.Sprintf("%s… (%d bytes)", data[:32], len(r.Data))
	}
	return fmt.Sprintf("%s, crc %08x, data %s, at %d in %s", typeName(r.Type), r.CRC, data, r.Offset, r.Segment)
}

// stopsWhenAsked ends the loop over the records early, at each of them.
func (c *check) stopsWhenAsked() {
	m := threeSegments()
	for stop := range len(m.recs) {
		w := c.on(m.sound(), fmt.Sprintf("a log of three segments, and a loop that ends behind record %d", stop))
		n := 0
		w.must(w.call("Read("+dir+")", func() error {
			for _, err := range w.Read(w.sim, dir) {
				if err != nil {
					return err
				}
				if n == stop {
					return nil
				}
				n++
			}
			return errors.New("the records ended before the loop did")
		}))
	}
}

// noLog reads where there is none.
func (c *check) noLog() {
	w := c.fresh()
	if _, err := w.read(); c.kind(err) != "ErrNoLog" || !errors.Is(err, fs.ErrNotExist) {
		w.fail(failure{Got: c.told(err), Want: "ErrNoLog, and fs.ErrNotExist", Means: "no folder: whether that is a new node or a lost disk is for the caller to say."})
	}
	sim := disk.NewSim()
	write(sim, dir+"/foo.wal", []byte("foo"))
	w = c.on(sim, "a folder with foo.wal in it")
	if _, err := w.read(); c.kind(err) != "ErrNoLog" {
		w.fail(failure{Got: c.told(err), Want: "ErrNoLog", Means: "a folder without a segment is no log, and not an empty one."})
	}
}

// endKnown opens a log, which goes on where the reader says that it ends.
func (c *check) endKnown() {
	m := threeSegments()
	w := c.on(m.sound(), "a log of three segments")
	if w.open() != nil {
		return // that is 2.6's to tell
	}
	if got := w.log.Size(); got != m.end(2) {
		w.fail(failure{Got: fmt.Sprintf("Size() = %d", got), Want: fmt.Sprint(m.end(2)), Means: "Open goes on where the reader's last record ends: it reads r.end and r.crc, so they are set for each record."})
	}
}

// chainOverBorder is I19.
func chainOverBorder(c *check) {
	type broken struct {
		what string
		m    *image
		i    int // the segment at fault
	}
	list := []broken{}
	for _, wrong := range []uint32{0, 1, 0xffffffff} {
		m := new(image).segment(0, firstHead...).add(plain(30))
		m.crc = wrong
		list = append(list, broken{fmt.Sprintf("the second segment goes on from checksum %08x, which is another than the first ends with", wrong), m.segment(1, laterHead...).add(plain(5)), 1})
	}
	m := new(image).segment(0).add(Record{Type: typePlain}) // no data: the running checksum is still 0
	m.crc = 0xcafe
	list = append(list, broken{"the first segment ends with checksum 00000000, the second goes on from 0000cafe", m.segment(1, laterHead...).add(plain(5)), 1})
	m = threeSegments()
	m.files[2] = threeSegments().swapped().files[2]
	list = append(list, broken{"the third segment is that of another log", m, 2})
	for i := range 2 {
		m := threeSegments().headless(i)
		list = append(list, broken{fmt.Sprintf("%s begins with its metadata: there is no checksum record", m.names[i]), m, i})
	}
	for _, b := range list {
		w := c.on(b.m.sound(), b.what)
		recs, err := w.read()
		var want []Placed
		for i := range b.i {
			want = append(want, b.m.of(i)...)
		}
		p, ok := c.PlaceOf(err)
		if !ok || c.kind(err) != "ErrCorrupt" || p.Segment != b.m.names[b.i] || p.Offset != 0 {
			w.fail(failure{
				Got: fmt.Sprintf("%d records, then %s", len(recs), c.told(err)), Want: fmt.Sprintf("%d records, then a CorruptError at offset 0 of %s", len(want), b.m.names[b.i]),
				Means: "inside a file each record proves the one before it; between two files only this comparison does. Without it, a file of another log, or of an older copy, is read as part of this one.",
			})
		}
		w.same(recs, want)
	}
}

// swapped is a log like another, with other data.
func (m *image) swapped() *image {
	other := new(image).segment(0, firstHead...).add(plain(41)).segment(3, laterHead...)
	return other.segment(9, laterHead...).add(plain(20))
}

// headless is the log with file i rewritten to begin with its second record, the
// chain as it was.
func (m *image) headless(i int) *image {
	m.files[i] = new(bytes.Buffer)
	for _, r := range m.of(i)[1:] {
		m.files[i].Write(frame(r.Record))
	}
	return m
}

// errorComesLast is I20.
func errorComesLast(c *check) {
	m := threeSegments()
	for i := range m.names {
		for _, r := range m.of(i)[3:] {
			b := m.bytes(i)
			at := r.Offset + 16 + int64(len(r.Data))/2 // inside the data: all of it is written, so it has changed
			b[at] ^= 4
			w := c.on(m.disk(i, b), fmt.Sprintf("a bit of %s has flipped, at %d", m.names[i], at))
			want, end := m.before(i, r.Offset)
			w.endsAt(want, "ErrCorrupt", m.names[i], end)
		}
	}
	for i := range 2 {
		end := m.end(i) - 9
		w := c.on(m.disk(i, m.bytes(i)[:end]), fmt.Sprintf("%s, which is not the last segment, ends at %d, inside its last record", m.names[i], end))
		want, end := m.before(i, end)
		w.endsAt(want, "ErrCorrupt", m.names[i], end)
	}
	w := c.on(m.disk(2, m.bytes(2)[:m.end(2)-9]), "the last segment ends inside its last record")
	want, end := m.before(2, m.end(2)-9)
	w.endsAt(want, "ErrTorn", m.names[2], end)
	c.readErrors(m)
}

// endsAt reads, and fails unless the records come, then the one error, then
// nothing.
func (w *world) endsAt(want []Placed, kind, segment string, end int64) {
	w.Helper()
	var recs []Placed
	var errs []error
	behind := 0
	w.must(w.call("Read("+dir+")", func() error {
		for r, err := range w.Read(w.sim, dir) {
			switch {
			case err != nil:
				errs = append(errs, err)
			case len(errs) > 0:
				behind++
			default:
				recs = append(recs, r)
			}
			if len(errs)+behind > 100 {
				return errors.New("no end behind the error")
			}
		}
		return nil
	}))
	expect := fmt.Sprintf("%d records, then %s at offset %d of %s, and nothing behind it", len(want), kind, end, segment)
	if len(errs) != 1 || behind > 0 {
		got := fmt.Sprintf("%d records, no error", len(recs))
		if len(errs) > 0 {
			got = fmt.Sprintf("%d records, %d errors, the first %s, and %d records behind it", len(recs), len(errs), w.told(errs[0]), behind)
		}
		w.fail(failure{Got: got, Want: expect, Means: "what stands behind damage follows nothing; and a log whose end is not told apart from damage is read as shorter than it is."})
	}
	p, ok := w.PlaceOf(errs[0])
	if !ok || w.kind(errs[0]) != kind || p.Segment != segment || p.Offset != end || p.Reason == "" {
		w.fail(failure{Got: fmt.Sprintf("%d records, then %s", len(recs), w.told(errs[0])), Want: expect, Means: "torn may be cut off; corrupt must not be. Only the last segment can be torn, and the place is where the last good record ends."})
	}
	w.same(recs, want)
}

// readErrors has the n-th read, or look at a size, fail.
func (c *check) readErrors(m *image) {
	for n := 1; ; n++ {
		w := c.on(m.sound(), fmt.Sprintf("a log of three segments, of which the %d. read fails", n))
		struck := w.sim.Inject(disk.Fault{Ops: disk.OpRead | disk.OpSize | disk.OpOpen | disk.OpList, Nth: n, Err: suite.ErrDisk})
		recs, err := w.read()
		switch {
		case struck() == 0:
			return
		case emptyRead(w.sim):
			continue
		}
		if c.kind(err) != "the disk's error" || errors.Is(err, c.ErrTorn) || errors.Is(err, c.ErrCorrupt) {
			w.fail(failure{Got: fmt.Sprintf("%d records, then %s", len(recs), c.told(err)), Want: "the disk's error: " + suite.ErrDisk.Error(), Disk: failedOp(w.sim), Means: "a disk that does not answer has said nothing about the log. Taken for an end, or for damage, it would have the log cut."})
		}
		if len(recs) <= len(m.recs) {
			w.same(recs, m.recs[:len(recs)])
		}
	}
}

// emptyRead reports whether the fault has hit a read of nothing: such a read may
// fail without anybody's knowledge.
func emptyRead(sim *disk.Sim) bool {
	e, ok := failedEvent(sim)
	return ok && e.Op == disk.OpRead && e.Length == 0
}
