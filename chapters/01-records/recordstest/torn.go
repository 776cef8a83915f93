package recordstest

import (
	"bytes"
	"fmt"
	"slices"

	"example.com/logbook/chapters/course/suite"
)

// The verdicts, as numbers.
const (
	clean = iota
	torn
	corrupt
)

// verdicts names them.
var verdicts = []string{clean: "clean", torn: "torn", corrupt: "corrupt"}

// findingLine prints what Judge said.
func findingLine(f Finding) string {
	name := fmt.Sprintf("verdict %d", f.Verdict)
	if f.Verdict >= 0 && f.Verdict < len(verdicts) {
		name = verdicts[f.Verdict]
	}
	if f.Reason == "" {
		return fmt.Sprintf("%s at %d", name, f.Offset)
	}
	return fmt.Sprintf("%s at %d: %s", name, f.Offset, f.Reason)
}

// judges fails unless Judge finds in b one of the wanted verdicts, at offset. What
// it shows of b is the bytes there.
func (c *check) judges(tried string, b []byte, offset int64, means string, want ...int) {
	c.Helper()
	c.judgesDamage(tried, b, offset, offset, means, want...)
}

// judgesDamage is judges that shows the bytes at another place: where the damage
// begins.
func (c *check) judgesDamage(tried string, b []byte, damage, offset int64, means string, want ...int) {
	c.Helper()
	f, err := c.judge(tried, &source{c: c, b: b})
	if err == nil && f.Offset == offset && slices.Contains(want, f.Verdict) {
		return
	}
	got := findingLine(f)
	if err != nil {
		got = "error: " + err.Error()
	}
	line := verdicts[want[0]]
	for _, v := range want[1:] {
		line += " or " + verdicts[v]
	}
	c.fail(failure{
		Tried: tried,
		Got:   got,
		Want:  fmt.Sprintf("%s at %d\n%s", line, offset, excerpt(b, int(damage))),
		Means: means,
	})
}

// tornMeans is what a wrong verdict on a crash means.
const tornMeans = "a crash alone left these bytes; a node that refuses to start for it stays down until somebody loses patience and cuts by hand."

// everyCutIsTorn is I16.
func everyCutIsTorn(c *check) {
	c.mustNotTrust()
	for _, g := range goldenLogs(c.T) {
		c.cuts(g)
	}
	c.provesNothing()
	for _, w := range windows() {
		c.losesSectors(w)
		c.tearsSectors(w)
	}
	c.filesEndInside()
}

// cuts judges g at every length, and at every word with zeros in place of the rest.
func (c *check) cuts(g etcdLog) {
	m := &image{b: g.Log, spans: walk(g.Log)}
	m.b = m.b[:m.last().end]
	for n := range len(m.b) + 1 {
		tried := fmt.Sprintf("testdata/golden/%s.txtar, cut behind byte %d of %d", g.Name, n, len(m.b))
		c.judgesLoss(tried, m, m.b[:n:n])
		if n%wordSize == 0 && !g.Unpadded {
			c.judgesLoss(tried+", and zeros in place of the rest", m, append(bytes.Clone(m.b[:n]), make([]byte, len(m.b)-n+64)...))
		}
	}
}

// judgesLoss judges b, which is m with some of its bytes lost. The frames that
// are still all there in front are what must be found; with nothing but zeros
// behind, the log is clean.
func (c *check) judgesLoss(tried string, m *image, b []byte) {
	c.Helper()
	end := int64(0)
	for _, s := range m.spans {
		if s.end > int64(len(b)) || !bytes.Equal(b[s.at:s.end], m.b[s.at:s.end]) {
			break
		}
		end = s.end
	}
	want := torn
	if len(bytes.TrimLeft(b[end:], "\x00")) == 0 {
		want = clean
	}
	damage := int64(suite.FirstDifference(b, append(bytes.Clone(m.b), make([]byte, max(0, len(b)-len(m.b)))...)))
	if damage < 0 {
		damage = end // nothing is lost but zeros
	}
	c.judgesDamage(tried, b, damage, end, tornMeans, want)
}

// window is a log and what was written behind its last sync.
type window struct {
	name string
	// m is the whole log, and synced how many bytes of it a sync had covered.
	m      *image
	synced int
}

// windows are what may be on its way when the power fails, from small to large.
// Before it stands a log that would prove a lot, if it were behind.
func windows() []window {
	begin := func() *image {
		return newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).
			add(typeEntry, entry(1, 2, text(20))).add(typeState, state(1, 1, 1)).
			add(typeSnapshot, snapshot(1, 1)).add(typeEntry, entry(1, 3, text(90))).add(typeState, state(1, 1, 2))
	}
	var all []window
	add := func(name string, grow func(m *image)) {
		m := begin()
		synced := len(m.b)
		grow(m)
		all = append(all, window{name, m, synced})
	}
	add("one entry and its hard state", func(m *image) {
		m.add(typeEntry, entry(1, 4, text(500))).add(typeState, state(1, 1, 3))
	})
	add("three hard states, then a snapshot record", func(m *image) {
		for i := range uint64(30) {
			m.add(typeState, state(1, 1, 3+i))
		}
		m.add(typeSnapshot, snapshot(3, 1))
	})
	add("two hard states, then a Save of three entries", func(m *image) {
		m.add(typeState, state(1, 1, 3)).add(typeState, state(2, 1, 3)).
			add(typeEntry, entry(2, 4, text(600))).add(typeEntry, entry(2, 5, text(7))).
			add(typeEntry, entry(2, 6, text(600))).add(typeState, state(2, 1, 3))
	})
	add("an entry of zeros", func(m *image) {
		m.add(typeEntry, entry(1, 4, make([]byte, 1500))).add(typeState, state(1, 1, 3))
	})
	add("a Save of many entries, small and large", func(m *image) {
		for i, n := range []int{8, 700, 30, 30, 1200, 1, 800, 400} {
			m.add(typeEntry, entry(1, 4+uint64(i), text(n)))
		}
		m.add(typeState, state(1, 1, 3))
	})
	return all
}

// sectors returns the first and the last sector that the window touches.
func (w window) sectors() (first, last int) {
	return w.synced / sectorSize, (len(w.m.b) - 1) / sectorSize
}

// lose returns the log, and zeros behind it, with b[from:to] as it was before
// the window was written: zero, but for what was synced.
func (w window) lose(b []byte, from, to int) {
	clear(b[max(from, w.synced):max(min(to, len(b)), w.synced)])
}

// losesSectors judges the window with every subset of its sectors lost.
func (c *check) losesSectors(w window) {
	first, last := w.sectors()
	for lost := range 1 << (last - first + 1) {
		b := w.m.with(1024)
		var names []int
		for s := first; s <= last; s++ {
			if lost>>(s-first)&1 == 1 {
				w.lose(b, s*sectorSize, (s+1)*sectorSize)
				names = append(names, s)
			}
		}
		c.judgesLoss(fmt.Sprintf("unsynced behind byte %d: %s; sectors %v were not written", w.synced, w.name, names), w.m, b)
	}
}

// tearsSectors judges the window with one sector torn inside, in steps of a
// word, either end first, the sectors behind it written or not.
func (c *check) tearsSectors(w window) {
	first, last := w.sectors()
	for s := first; s <= last; s++ {
		from, to := s*sectorSize, (s+1)*sectorSize
		for at := from + wordSize; at < to; at += wordSize {
			if at <= w.synced || at >= len(w.m.b)+wordSize {
				continue // nothing of the window on one side
			}
			tried := fmt.Sprintf("unsynced behind byte %d: %s; sector %d, bytes %d to %d, torn at %d", w.synced, w.name, s, from, to, at)
			front, back, alone := w.m.with(1024), w.m.with(1024), w.m.with(1024)
			w.lose(back, at, to)
			c.judgesLoss(tried+": its front was written, and all sectors behind it", w.m, back)
			w.lose(front, from, at)
			c.judgesLoss(tried+": its back was written, and all sectors behind it", w.m, front)
			w.lose(alone, from, at)
			w.lose(alone, to, len(alone))
			c.judgesLoss(tried+": its back was written, and no sector behind it", w.m, alone)
		}
	}
}

// filesEndInside judges windows of which a file ends inside, with a sector in
// front of the end lost too.
func (c *check) filesEndInside() {
	for _, w := range windows() {
		first, last := w.sectors()
		for s := first; s < last; s++ {
			for n := (s + 1) * sectorSize; n < len(w.m.b); n += 41 {
				b := bytes.Clone(w.m.b[:n])
				w.lose(b, s*sectorSize, (s+1)*sectorSize)
				c.judgesLoss(fmt.Sprintf("unsynced behind byte %d: %s; sector %d was not written, and the file ends at %d", w.synced, w.name, s, n), w.m, b)
			}
		}
	}
}

// provesNothing judges logs with a hole, and records behind it that one single
// write without a sync can have left.
func (c *check) provesNothing() {
	e, st, sn := step{typeEntry, false}, step{typeState, false}, step{typeSnapshot, false}
	md, cs := step{typeMetadata, false}, step{typeCRC, false}
	foreign := step{typeEntry, true}
	for _, k := range []struct {
		behind []step
		why    string
	}{
		{[]step{e}, "an entry"},
		{[]step{sn}, "a snapshot record, with nothing behind it: its sync need not have finished"},
		{[]step{st, st}, "two hard states: one that only moves the commit index is not synced"},
		{[]step{md, md}, "two metadata records: no writer syncs for them"},
		{[]step{md, sn}, "metadata and a snapshot record: the head of a file, written at once"},
		{[]step{cs, md, st}, "a checksum record, metadata and a hard state: the head of a file, written at once"},
		{[]step{e, st}, "an entry and its hard state: one Save"},
		{[]step{e, st, md}, "an entry, its hard state and metadata: only an entry behind the hard state tells of a sync"},
		{[]step{e, st, cs}, "an entry, its hard state and a checksum record: only an entry behind the hard state tells of a sync"},
		{[]step{e, md, st}, "an entry, metadata and a hard state: metadata tells nothing of a sync"},
		{[]step{e, e, e, st}, "three entries and a hard state: one Save"},
		{[]step{st, st, e, e, st}, "two hard states, then a Save of two entries"},
		{[]step{st, e, e}, "a hard state, then the entries of a Save"},
		{[]step{st, st, sn}, "two hard states, then a snapshot record with nothing behind it"},
		{[]step{e, st, foreign}, "an entry, its hard state, and an entry that does not follow from them: bytes of an earlier life of the file"},
		{[]step{e, foreign}, "two entries, of which the second does not follow from the first"},
		{[]step{st, sn, foreign}, "a hard state, a snapshot record, and an entry that does not follow from them: bytes of an earlier life of the file"},
	} {
		m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0))
		hole := int64(len(m.b))
		m.add(typeEntry, entry(1, 2, text(20)))
		for i, s := range k.behind {
			s.put(m, uint64(i))
		}
		b := m.with(64)
		clear(b[hole : hole+wordSize])
		c.judges("a length word lost, and behind it "+k.why, b, hole, tornMeans, torn)
		clear(b[hole:m.spans[4].end])
		c.judges("a frame lost, and behind it "+k.why, b, hole, tornMeans, torn)
	}
}

// step is a record to be put behind a hole.
type step struct {
	typ int64
	// foreign records have a checksum that follows from nothing.
	foreign bool
}

// put appends the record to m, with i to make it differ from others.
func (s step) put(m *image, i uint64) {
	if s.foreign {
		m.crc ^= 0x5a5a5a5a
	}
	switch s.typ {
	case typeEntry:
		m.add(typeEntry, entry(1, 3+i, text(9)))
	case typeState:
		m.add(typeState, state(1, 1, 1+i))
	case typeSnapshot:
		m.add(typeSnapshot, snapshot(1+i, 1))
	case typeMetadata:
		m.add(typeMetadata, []byte("n1"))
	case typeCRC:
		m.add(typeCRC, nil)
	}
}
