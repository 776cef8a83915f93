package recordstest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"example.com/logbook/chapters/course/suite"
)

// proofs are records that can only stand behind a sync, smallest first.
var proofs = []struct {
	behind []step
	why    string
}{
	{[]step{{typeState, false}, {typeSnapshot, false}, {typeState, false}}, "a hard state, a snapshot record and a hard state: a snapshot record is synced before anything follows"},
	{[]step{{typeSnapshot, false}, {typeState, false}}, "a snapshot record and a hard state: a snapshot record is synced before anything follows"},
	{[]step{{typeSnapshot, false}, {typeEntry, false}}, "a snapshot record and an entry: a snapshot record is synced before anything follows"},
	{[]step{{typeEntry, false}, {typeState, false}, {typeEntry, false}}, "entry, hard state, entry: the second entry belongs to a later Save, the first Save was synced"},
	{[]step{{typeEntry, false}, {typeState, false}, {typeState, false}, {typeEntry, false}, {typeState, false}}, "entry, two hard states, entry: the second entry belongs to a later Save"},
	{[]step{{typeState, false}, {typeState, false}, {typeEntry, false}, {typeEntry, false}, {typeState, false}, {typeEntry, false}}, "two hard states, two entries, hard state, entry: the last entry belongs to a later Save"},
}

// damages are ways to change the frame of an entry of 1,500 bytes that was
// durable, smallest first.
var damages = []struct {
	name string
	do   func(b []byte, s span)
}{
	{"a bit of its data is flipped", func(b []byte, s span) { b[s.body+40] ^= 4 }},
	{"a bit of its checksum is flipped", func(b []byte, s span) { b[s.body+3] ^= 4 }},
	{"its length word is zero", func(b []byte, s span) { clear(b[s.at : s.at+wordSize]) }},
	{"bit 40 of its length word is flipped", func(b []byte, s span) { b[s.at+5] ^= 1 }},
	{"bit 3 of its length word is flipped", func(b []byte, s span) { b[s.at] ^= 8 }},
	{"the top bit of its length word is flipped", func(b []byte, s span) { b[s.at+7] ^= 0x80 }},
	{"its padding is not zero", func(b []byte, s span) { b[s.end-1] = 1 }},
	{"its first field is no field of a record", func(b []byte, s span) { b[s.body] = 0x28 }},
	{"the sector in its middle is zero", func(b []byte, s span) { clear(b[1*sectorSize : 2*sectorSize]) }},
	{"all of it is zero", func(b []byte, s span) { clear(b[s.at:s.end]) }},
}

// corruptMeans is what a wrong verdict on durable bytes means.
const corruptMeans = "cutting here would destroy entries that a client was promised, and the node would start as if nothing had happened."

// evidenceRefuses is I17.
func evidenceRefuses(c *check) {
	c.mustNotTrust()
	for _, p := range proofs {
		for _, d := range damages {
			c.refusesFor(text(1498), d.name, d.do, p.behind, p.why)
		}
	}
	// An entry that holds zeros looks unwritten to whoever only looks at zeros.
	for _, p := range proofs {
		c.refusesFor(make([]byte, 4096), "all of its data is zero, and a bit of its checksum is flipped",
			func(b []byte, s span) { b[s.body+3] ^= 4 }, p.behind, p.why)
	}
	// The broken record counts too, where its header is whole: entry, hard state, entry.
	c.refusesFor(text(1498), "the sector in its middle is zero", func(b []byte, _ span) { clear(b[sectorSize : 2*sectorSize]) },
		[]step{{typeState, false}, {typeEntry, false}}, "a hard state and an entry: with the broken entry, which still says what it is, they are two Saves")
	c.twentySaves()
}

// refusesFor damages one entry and looks whether what is behind it is taken for
// the proof that it is.
func (c *check) refusesFor(data []byte, damage string, do func([]byte, span), behind []step, why string) {
	m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).add(typeEntry, data)
	s := m.last()
	for i, st := range behind {
		st.put(m, uint64(i))
	}
	b := m.with(600)
	do(b, s)
	tried := fmt.Sprintf("an entry of %d bytes from %d on: %s. Behind it, %s", len(data), s.at, damage, why)
	c.judgesDamage(tried, b, int64(suite.FirstDifference(b, m.with(600))), s.at, corruptMeans, corrupt)
}

// twentySaves is a log of twenty synced Saves, damaged in its middle.
func (c *check) twentySaves() {
	m := newLog(0).add(typeSnapshot, snapshot(0, 0))
	for i := range uint64(20) {
		m.add(typeEntry, entry(1, i+1, text(100))).add(typeState, state(1, 1, i+1))
	}
	s := m.spans[13]
	for _, k := range []struct {
		name string
		at   int64
		do   func(b []byte)
	}{
		{"the length word at its 14th frame is zero", s.at, func(b []byte) { clear(b[s.at : s.at+8]) }},
		{"bit 40 of the length word at its 14th frame is flipped", s.at, func(b []byte) { b[s.at+5] ^= 1 }},
		{"the sector from 1024 on is zero", frameAt(m, 1024), func(b []byte) { clear(b[1024:1536]) }},
		{"the page from 0 on is zero", 0, func(b []byte) { clear(b[:2048]) }},
	} {
		for _, zeros := range []int{0, 4096} {
			b := m.with(zeros)
			k.do(b)
			c.judges(fmt.Sprintf("twenty Saves of one entry each, %d zeros behind them; %s", zeros, k.name), b, k.at, corruptMeans, corrupt)
		}
	}
}

// frameAt is where the frame begins that holds byte at.
func frameAt(m *image, at int64) int64 {
	for _, s := range m.spans {
		if at < s.end {
			return s.at
		}
	}
	return int64(len(m.b))
}

// crashCannotLeave is I18.
func crashCannotLeave(c *check) {
	c.mustNotTrust()
	c.lastRecordChanged()
	c.zeroRuns()
	c.judgeNeedsToRead()
	c.givesReasons()
}

// givesReasons looks whether each verdict says what it rests on. It comes last:
// a verdict can be right without.
func (c *check) givesReasons() {
	m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).add(typeEntry, entry(1, 2, text(20)))
	flipped, evident := m.with(64), m.with(64)
	flipped[m.last().body+12] ^= 1
	clear(evident[m.spans[0].at : m.spans[0].at+wordSize])
	for _, k := range []struct {
		name string
		b    []byte
	}{
		{"a sound log", m.with(64)},
		{"a log whose file ends inside the last frame", m.b[:len(m.b)-8]},
		{"a log with a bit of its last record flipped", flipped},
		{"a log whose first length word is zero", evident},
	} {
		f, err := c.judge(k.name, &source{c: c, b: k.b})
		if err == nil && f.Reason != "" {
			continue
		}
		c.fail(failure{
			Tried: k.name,
			Got:   fmt.Sprintf("%s, and no reason; error %v", findingLine(f), err),
			Want:  "a Reason: in words, what the verdict rests on",
			Means: "whoever is called when a node refuses to start has nothing but this line to go by.",
		})
	}
}

// lastRecordChanged flips every bit of the last record, whose bytes are all there.
func (c *check) lastRecordChanged() {
	m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).add(typeEntry, entry(1, 2, text(51)))
	s := m.last()
	for at := s.at; at < s.end; at++ {
		for bit := range 8 {
			if at == s.body+1 {
				continue // the type is covered by nothing: see docs/format.md
			}
			want := []int{corrupt}
			if at < s.at+7 {
				// A wrong size may make the frame reach behind what was written.
				want = []int{torn, corrupt}
			}
			b := m.with(1024)
			b[at] ^= 1 << bit
			tried := fmt.Sprintf("the last record, all of it written; then bit %d of byte %d (byte %d of its frame) is flipped", bit, at, at-s.at)
			c.judgesDamage(tried, b, at, s.at, "a crash leaves bytes out, it does not invent them: this was changed later, and it may have been promised.", want...)
		}
	}
}

// zeroRuns puts runs of zeros into a last record of several sectors: a crash
// leaves whole words, up to one end of a sector.
func (c *check) zeroRuns() {
	m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).add(typeEntry, entry(1, 2, text(1499)))
	s := m.last()
	for _, k := range []struct {
		from, to int
		want     int
		why      string
	}{
		{600, 601, corrupt, "one byte; a crash leaves out whole words"},
		{600, 608, corrupt, "a word inside a sector; a crash leaves out one end of a sector"},
		{600, 800, corrupt, "a run inside a sector; a crash leaves out one end of a sector"},
		{520, 1016, corrupt, "all of a sector but its first and its last word"},
		{513, 520, corrupt, "the first word of a sector but for one byte"},
		{1017, 1024, corrupt, "the last word of a sector but for one byte"},
		{1020, 1028, corrupt, "eight bytes across the end of a sector: no word of it is all zero"},
		{512, 520, torn, "the first word of a sector"},
		{1016, 1024, torn, "the last word of a sector"},
		{512, 1024, torn, "a sector"},
		{700, 1024, torn, "the back of a sector"},
		{512, 900, torn, "the front of a sector"},
		{504, 512, torn, "the last word of the sector that the frame begins in"},
		{1536, 1544, torn, "the first word of the sector that the frame ends in"},
		{int(s.end) - wordSize, int(s.end), torn, "the last word of the frame"},
	} {
		b := m.with(1024)
		clear(b[k.from:k.to])
		means := corruptMeans
		if k.want == torn {
			means = tornMeans
		}
		c.judgesDamage(fmt.Sprintf("a last record from %d to %d; bytes %d to %d are zero: %s", s.at, s.end, k.from, k.to, k.why), b, int64(k.from), s.at, means, k.want)
	}
	b := m.with(1024)
	for i := 512; i < 1024; i++ {
		b[i] = 0xff
	}
	c.judgesDamage(fmt.Sprintf("a last record from %d to %d; bytes 512 to 1024 are ff", s.at, s.end), b, 512, s.at, corruptMeans, corrupt)
	binary.LittleEndian.PutUint64(b[s.at:], 0x8200000000000004)
	c.judges("a last frame whose length word no writer makes: size 4, marked as padded by 2", b, s.at, corruptMeans, corrupt)
}

// judgeNeedsToRead fails every read in turn.
func (c *check) judgeNeedsToRead() {
	m := newLog(0).add(typeEntry, entry(1, 1, text(20))).add(typeState, state(1, 1, 0)).add(typeEntry, entry(1, 2, text(20)))
	b := m.with(64)
	b[m.last().at] ^= 8
	for _, disk := range []error{suite.ErrDisk, io.EOF} {
		for n := 1; ; n++ {
			src := &source{c: c, b: b, failAt: n, gives: 2, err: disk}
			f, err := c.judge(fmt.Sprintf("read number %d delivers 2 bytes and the error %v", n, disk), src)
			if src.calls < n {
				break
			}
			if err == nil || disk == suite.ErrDisk && !errors.Is(err, suite.ErrDisk) {
				c.fail(failure{
					Tried: fmt.Sprintf("read number %d delivers 2 bytes and the error %v", n, disk),
					Got:   fmt.Sprintf("%s; error %v", findingLine(f), err),
					Want:  "an error, and no verdict",
					Means: "a disk that does not answer says nothing of the log; torn would be a reason to cut it.",
				})
			}
		}
	}
}
