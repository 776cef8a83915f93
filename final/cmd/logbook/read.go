package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"example.com/logbook/final/wal"
)

// readAt finds out what reading the log gives at each snapshot that it has recorded.
// wal.ReadAll would hold all entries in memory, and read the log once for each start;
// here all starts are followed in the same two passes, of which the second is only for
// digests. Reading begins in the segment that the names of the segments lead to, and
// knows nothing of those before it, so each such segment has a group of its own.
func (r *report) readAt(w *wal.WAL, s *survey, digests bool) error {
	r.Reads = make([]read, len(s.recorded))
	var groups []*group
	bySegment := map[int]*group{}
	add := func(first int, r *read) *replay {
		if bySegment[first] == nil {
			bySegment[first] = &group{first: first, lineage: newLineage()}
			groups = append(groups, bySegment[first])
		}
		return bySegment[first].add(r)
	}
	for i, m := range s.recorded {
		start := position{m.GetIndex(), m.GetTerm()}
		r.Reads[i].Start = start
		first := s.first(start)
		if first < 0 {
			r.Reads[i].Error = fmt.Sprintf("%v: the oldest is %s, begun behind index %d; open the log at a newer snapshot, and restore its file if that is missing", wal.ErrFileNotFound, s.segments[0].Name, start.Index)
			continue
		}
		if start.Index == 0 || first <= s.newest[start] {
			add(first, &r.Reads[i])
			continue
		}
		add(0, &r.Reads[i]).probe = add(first, &read{Start: start})
	}
	if err := trace(w, s, groups); err != nil {
		return err
	}
	for _, g := range groups {
		g.finish()
	}
	for _, g := range groups {
		g.believe()
	}
	if !digests {
		return nil
	}
	return digest(w, s, groups)
}

// A group is the starts for which reading begins in the same segment, so that they
// see the same records.
type group struct {
	first    int // number of the segment
	begun    bool
	bare     bool // the segment has no head, so that reading cannot begin there
	lineage  *lineage
	metadata string // in hexadecimal

	term, vote, commit uint64 // of the last hard state
	replays            []*replay
}

// A replay is one read: what of the log is behind its start. It follows the rules by
// which wal.ReadAll takes entries.
type replay struct {
	*read
	next uint64 // the index behind the last entry
	gap  uint64 // the first entry that does not continue those before
	sum  hash.Hash

	// probe is the read from where the names of the segments lead, if the start is not
	// recorded there: etcd has written names that go backwards. Reading begins at the
	// oldest segment only when nothing else is wrong with it.
	probe *replay
	other bool // a snapshot of the start's index, but of another term, is recorded

	inForce func() bool // of the second pass: whether the next entry record is
}

// add takes a read into the group.
func (g *group) add(r *read) *replay {
	p := &replay{read: r, next: r.Start.Index + 1, sum: sha256.New()}
	g.replays = append(g.replays, p)
	return p
}

// trace is the first pass: which entries are in force, and with which hard state the
// log ends.
func trace(w *wal.WAL, s *survey, groups []*group) error {
	for rec, err := range w.Records() {
		if err != nil {
			return err
		}
		for _, g := range groups {
			if s.number[rec.Segment] < g.first {
				continue
			}
			if err := g.take(&rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// take follows one record.
func (g *group) take(rec *wal.Record) error {
	if !g.begun {
		g.begun, g.bare = true, rec.Type != wal.TypeCRC
	}
	switch rec.Type {
	case wal.TypeMetadata:
		g.metadata = hex.EncodeToString(rec.Data)
	case wal.TypeEntry:
		e, err := entryOf(rec)
		if err != nil {
			return err
		}
		g.lineage.entry(e.index, e.term)
		for _, p := range g.replays {
			if p.Start.Index >= g.lineage.pending { // else it is of the Save that is to commit the snapshot
				p.entry(e.index)
			}
		}
	case wal.TypeState:
		st, err := rec.State()
		if err != nil {
			return err
		}
		g.term, g.vote, g.commit = st.GetTerm(), st.GetVote(), st.GetCommit()
		g.lineage.state(g.term, g.commit)
	case wal.TypeSnapshot:
		m, err := rec.Snapshot()
		if err != nil {
			return err
		}
		leaders := g.lineage.snapshot(m, indexIn(rec.Segment))
		for _, p := range g.replays {
			p.snapshot(m.GetIndex(), m.GetTerm(), leaders)
		}
	}
	return nil
}

// snapshot takes a snapshot. A leader's at the start or before leaves nothing behind it.
func (p *replay) snapshot(index, term uint64, leaders bool) {
	p.other = p.other || index == p.Start.Index && term != p.Start.Term
	if leaders && index <= p.Start.Index {
		p.next = p.Start.Index + 1
	}
}

// entry takes an entry. What the log held at its index or behind goes, also when the
// entry itself lies before the start.
func (p *replay) entry(index uint64) {
	switch {
	case p.gap != 0:
	case index <= p.Start.Index:
		p.next = p.Start.Index + 1
	case index > p.next:
		p.gap = index
	default:
		p.next = index + 1
	}
}

// finish says what was read, or why it cannot be.
func (g *group) finish() {
	for _, p := range g.replays {
		switch {
		case g.bare:
			p.Error = fmt.Sprintf("%v: the segment that reading begins in has no head", wal.ErrCorrupt)
		case p.Start.Index < g.lineage.replaced:
			p.Error = fmt.Sprintf("%v: a leader's snapshot at index %d has replaced those behind index %d; open the log there, and restore its file if that is missing", wal.ErrSliceOutOfRange, g.lineage.replaced, p.Start.Index)
		case p.gap != 0:
			p.Error = fmt.Sprintf("%v: entry %d does not continue index %d; open the log at a newer snapshot, and restore its file if that is missing", wal.ErrSliceOutOfRange, p.gap, p.next-1)
		default:
			g.fill(p)
		}
	}
}

// believe takes over what probes have found wrong.
func (g *group) believe() {
	for _, p := range g.replays {
		switch {
		case p.probe == nil:
		case p.probe.Error != "":
			*p.read = *p.probe.read
		case p.probe.other:
			*p.read = read{Start: p.Start, Error: fmt.Sprintf("%v: open the log at another snapshot of index %d", wal.ErrSnapshotMismatch, p.Start.Index)}
		}
	}
}

// fill tells of a read that succeeds.
func (g *group) fill(p *replay) {
	p.Metadata, p.Term, p.Vote, p.Commit = g.metadata, g.term, g.vote, g.commit
	p.Entries = int(p.next - p.Start.Index - 1)
	if p.Entries > 0 {
		log := g.lineage.inForce(p.Start.Index)
		p.First, p.Last = log.report(p.Start.Index+1), log.report(p.next-1)
	}
}

// report is an entry of which only index and term are known.
func (s spans) report(index uint64) *entryReport {
	term, _ := s.at(index)
	return &entryReport{Index: index, Term: term}
}

// digest is the second pass: it gives each entry in force to all reads that begin
// before it.
func digest(w *wal.WAL, s *survey, groups []*group) error {
	for _, g := range groups {
		for _, p := range g.replays {
			p.inForce = g.lineage.inForce(p.Start.Index).records()
		}
	}
	for rec, err := range w.Records() {
		if err != nil {
			return err
		}
		if rec.Type != wal.TypeEntry {
			continue
		}
		e, err := entryOf(&rec)
		if err != nil {
			return err
		}
		digestEntry(&e, s.number[rec.Segment], groups)
	}
	for _, g := range groups {
		for _, p := range g.replays {
			if p.Error == "" {
				p.Digest = hex.EncodeToString(p.sum.Sum(nil))
			}
		}
	}
	return nil
}

// digestEntry takes the entry of the next record, which stands in the given segment.
func digestEntry(e *entry, segment int, groups []*group) {
	var line *entryLine
	for _, g := range groups {
		if segment < g.first {
			continue
		}
		for _, p := range g.replays {
			if !p.inForce() || !p.reads(e.index) {
				continue
			}
			if line == nil {
				line = newEntryLine(e)
			}
			p.digest(line)
		}
	}
}

// An entryLine is an entry and its line in the digests. The lines are part of the
// report's meaning: whoever compares two digests relies on them.
type entryLine struct {
	*entryReport
	line []byte
}

// newEntryLine is made once for an entry, however many reads it is in.
func newEntryLine(e *entry) *entryLine {
	sum := sha256.Sum256(e.data)
	er := &entryReport{e.index, e.term, e.typ.String(), len(e.data), hex.EncodeToString(sum[:])}
	return &entryLine{er, fmt.Appendf(nil, "%d %d %s %d %s\n", er.Index, er.Term, er.Type, er.Size, er.SHA256)}
}

// reads tells whether an entry in force is among those read.
func (p *replay) reads(index uint64) bool {
	return p.Error == "" && index > p.Start.Index && index < p.next
}

// digest takes the line of the next entry read.
func (p *replay) digest(l *entryLine) {
	p.sum.Write(l.line)
	if l.Index == p.First.Index {
		p.First = l.entryReport
	}
	if l.Index == p.Last.Index {
		p.Last = l.entryReport
	}
}
