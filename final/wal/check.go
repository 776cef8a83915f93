package wal

import (
	"bytes"
	"fmt"
)

// checker follows a log record by record and refuses what no raft node writes. A record's type is not covered by its checksum, so
// a record that verifies may still not be what it says: an entry that has become a hard state, a hard state that has become an
// entry and cuts the log. What its fields mean then gives it away.
//
// It needs little memory: a word or two for each term, and a ring of the youngest entries' shapes.
type checker struct {
	segment int  // records of the present segment so far
	bare    bool // it began without a head
	anew    bool // damage in it was passed over: what it says of itself is not compared with what was before

	metadata     []byte
	haveMetadata bool

	state     stateFields
	haveState bool
	commit    uint64 // the highest read

	lineage
	youngest shapes

	// A leader's snapshot replaces the log once a hard state commits it. Until then it waits: SaveSnapshot was done, and the Save behind
	// it perhaps not. What shows that the node was started again without it brings back the log that it would have replaced.
	waiting uint64 // its index, or 0
	before  lineage

	snapshot uint64 // the highest index of a snapshot record
	own      uint64 // the highest of one that is committed
	early    uint64 // the highest of one of the node's own that was recorded before it was committed, or 0
	dropped  bool   // the record checked last was a leader's snapshot, that is to replace the log
	reverted bool   // the record checked last has brought back the log before one

	proof proof // of what is durable in the present segment

	entry    entryFields    // of the record checked last, if it was one
	position snapshotFields // the same
}

// lineage is what is known of a log's entries.
type lineage struct {
	log     terms
	maxTerm uint64 // the highest term that was ever in it
	loose   bool   // it may have entries behind the last that is known
}

// youngest is how many entries are remembered by their shape.
const youngest = 1024

// shape is what is remembered of an entry to tell whether another is the same.
type shape struct {
	index, term uint64
	size        int
	typ         uint8
}

// shapes is a ring of the youngest entries' shapes: that of index i stands at i modulo its size. It grows up to youngest before it forgets any, so that
// a short log has a short one.
type shapes []shape

// put remembers an entry.
func (r *shapes) put(e shape) {
	for len(*r) < youngest {
		if len(*r) > 0 {
			if at := &(*r)[e.index%uint64(len(*r))]; at.index == 0 || at.index == e.index {
				*at = e
				return
			}
		}
		r.grow()
	}
	(*r)[e.index%youngest] = e
}

// grow doubles the ring. What stood at different places still does.
func (r *shapes) grow() {
	more := make(shapes, max(16, 2*len(*r)))
	for _, e := range *r {
		if e.index != 0 {
			more[e.index%uint64(len(more))] = e
		}
	}
	*r = more
}

// at returns the shape of the entry at an index, if it is remembered.
func (r shapes) at(index uint64) (shape, bool) {
	if len(r) == 0 {
		return shape{}, false
	}
	e := r[index%uint64(len(r))]
	return e, e.index == index
}

// begin is called at the start of a segment.
func (c *checker) begin() { c.segment, c.bare, c.anew, c.proof = 0, false, false, proof{} }

// headless tells whether the present segment has not got its head: crc and metadata. A bare one needs none.
func (c *checker) headless() bool { return c.segment < 2 && !c.bare }

// hole is called when records may be missing, and with how many of the segment that is to be gone on with: nothing is known any more
// about where the log stands, and what follows is compared with itself only, so that one damage is told once. What ReadAll returns
// stays: metadata and the last hard state.
func (c *checker) hole(segment int) {
	*c = checker{metadata: c.metadata, haveMetadata: c.haveMetadata, state: c.state, segment: segment, anew: true}
}

// check takes the next record, whose checksum fits. Its error is the reason why the record is corrupt; no parts of it come from
// the file.
func (c *checker) check(r *Record) error {
	c.segment++
	if err := c.place(r); err != nil {
		return err
	}
	c.proof.take(r)
	c.dropped, c.reverted = false, false
	switch r.Type {
	case TypeMetadata:
		return c.checkMetadata(r)
	case TypeEntry:
		return c.checkEntry(r)
	case TypeState:
		return c.checkState(r)
	case TypeCRC:
		return nil
	case TypeSnapshot:
		return c.checkSnapshot(r)
	}
	return fmt.Errorf("record type %d does not exist", int64(r.Type))
}

// place checks the order in a segment: checksum, metadata, then the rest. A segment that begins with neither is accepted behind
// another one, because etcd writes it after it has cut a damaged segment down to nothing; the chain still proves it.
func (c *checker) place(r *Record) error {
	if c.segment == 1 && r.Type != TypeCRC {
		c.bare = true
	}
	switch {
	case r.Type == TypeCRC && c.segment != 1:
		return fmt.Errorf("a crc record stands in the middle of a segment")
	case r.Type == TypeCRC && r.Data != nil:
		return fmt.Errorf("a crc record has data; the record's type may have changed")
	case r.Type == TypeMetadata && (c.segment != 2 || c.bare):
		return fmt.Errorf("a metadata record stands where none belongs: it is the second of its segment; the record's type may have changed")
	case r.Type != TypeMetadata && c.segment == 2 && !c.bare:
		return fmt.Errorf("the second record of a segment is of type %v, not metadata; the record's type may have changed", r.Type)
	}
	return nil
}

// errForeign is a segment of another log.
var errForeign = fmt.Errorf("%w: this one's differ from those of the segment before: move the files of the other log away", ErrMetadataConflict)

// checkMetadata compares the owner's bytes with those of the segments before.
func (c *checker) checkMetadata(r *Record) error {
	switch {
	case !c.haveMetadata:
		c.metadata, c.haveMetadata = bytes.Clone(r.Data), true
	case !c.anew && !bytes.Equal(c.metadata, r.Data):
		return errForeign
	}
	return nil
}

// checkState refuses a step back in raft's promises. Commit may lag behind what was read before: it is not always synced. The term may be below that of an
// entry before it, whose own hard state a crash has taken.
func (c *checker) checkState(r *Record) error {
	var s stateFields
	if err := s.parse(r.Data); err != nil {
		return err
	}
	old := c.state
	if !c.haveState { // none yet, or none since a hole
		old = stateFields{}
	}
	if c.waiting != 0 && s.term < c.log.lastTerm() {
		c.revert() // a node has written it that knew nothing of the snapshot
	}
	switch {
	case s.term < old.term:
		return fmt.Errorf("the hard state's term goes down from %d to %d; the record's type may have changed", old.term, s.term)
	case s.term == old.term && old.vote != 0 && s.vote != 0 && s.vote != old.vote:
		return fmt.Errorf("the vote in term %d changes from %x to %x", s.term, old.vote, s.vote)
	}
	c.stated(s)
	return nil
}

// stated follows a hard state that was accepted, and tells whether it commits a leader's snapshot.
func (c *checker) stated(s stateFields) (counts bool) {
	c.state, c.haveState = s, true
	c.commit = max(c.commit, s.commit)
	if c.early <= c.commit {
		c.own, c.early = max(c.own, c.early), 0
	}
	if counts = c.waiting > 0 && s.commit >= c.waiting; counts {
		c.own, c.waiting = max(c.own, c.waiting), 0
	}
	return counts
}

// revert brings back the log that a leader's snapshot would have replaced.
func (c *checker) revert() {
	c.lineage, c.before, c.waiting, c.reverted = c.before, lineage{}, 0, true
}

// checkEntry refuses an entry that cannot follow those before it.
func (c *checker) checkEntry(r *Record) error {
	e := &c.entry
	if err := e.parse(r.Data); err != nil {
		return err
	}
	if c.waiting != 0 && !c.follows(e) {
		c.revert() // the node was started again, without the snapshot, and went on from there
	}
	if c.loose && e.index != c.log.last+1 {
		c.log = terms{}
	}
	c.loose = false
	if c.log.known() && e.index > c.log.last+1 {
		return fmt.Errorf("%w: entry %d follows entry %d", ErrSliceOutOfRange, e.index, c.log.last)
	}
	if before, ok := c.log.at(e.index - 1); ok && e.term < before {
		return fmt.Errorf("entry %d has term %d, the one before it has %d; the record's type may have changed", e.index, e.term, before)
	}
	if err := c.checkOverwrite(e); err != nil {
		return err
	}
	c.log.set(e.index, e.term)
	c.youngest.put(e.shape())
	c.maxTerm = max(c.maxTerm, e.term)
	return nil
}

// follows tells whether an entry comes behind the last one.
func (c *checker) follows(e *entryFields) bool {
	return e.index == c.log.last+1 && e.term >= c.log.lastTerm()
}

// checkOverwrite refuses an entry that replaces another in a way that raft never does. What is committed stays. Above commit, a
// new leader overwrites with another term; if with a higher one, then with the first entry of that term, which is normal and
// empty. With the same term only etcd's --force-new-cluster overwrites, with configuration changes, which have data. A hard
// state that has become an entry has no data, and its term for a type.
func (c *checker) checkOverwrite(e *entryFields) error {
	term, ok := c.log.at(e.index)
	if !ok {
		return nil
	}
	same := term == e.term
	if old, ok := c.youngest.at(e.index); ok && old.term == term {
		same = old == e.shape()
	}
	switch {
	case same:
		return nil
	case e.index <= c.commit:
		return fmt.Errorf("entry %d differs from the one that it overwrites, which is committed (commit is %d); the record's type may have changed", e.index, c.commit)
	case len(e.data) == 0 && (term == e.term || term < e.term && e.typ != 0):
		return fmt.Errorf("entry %d of term %d has no data and cannot overwrite one of term %d; the record's type may have changed", e.index, e.term, term)
	}
	return nil
}

// shape returns what is remembered of an entry.
func (e *entryFields) shape() shape {
	return shape{index: e.index, term: e.term, size: len(e.data), typ: uint8(e.typ)}
}

// checkSnapshot follows a snapshot record. A snapshot of the node's own leaves the log as it is. One of the leader's, which the
// log does not reach or contradicts, replaces it: the next entry follows the snapshot.
func (c *checker) checkSnapshot(r *Record) error {
	s := &c.position
	if err := s.parse(r.Data); err != nil {
		return err
	}
	if s.conf != nil {
		if _, err := s.message(); err != nil {
			return err
		}
	}
	switch {
	case c.beside(s):
		c.own, c.snapshot = s.index, max(c.snapshot, s.index)
		return nil
	case c.waiting != 0:
		c.revert() // in one life, the next is the Save that commits it
	}
	switch term, inside := c.log.at(s.index); {
	case !c.log.known():
		c.firstSnapshot(r, s)
	case inside && term == s.term:
	case inside, s.index > c.log.last:
		c.replace(s, c.haveState)
	}
	switch {
	case c.waiting != 0:
	case s.index <= c.commit || c.dropped:
		c.own = max(c.own, s.index)
	default:
		c.early = max(c.early, s.index)
	}
	c.snapshot = max(c.snapshot, s.index)
	return nil
}

// beside tells whether a snapshot is one of the node's own that was recorded between a leader's and the Save that commits that: another goroutine takes them.
// It is a new one. Who has gone on without the leader's records an old one again.
func (c *checker) beside(s *snapshotFields) bool {
	term, ok := c.before.log.at(s.index)
	return c.waiting != 0 && s.index < c.waiting && s.index > c.own && s.index <= c.commit && (!ok || term == s.term)
}

// firstSnapshot follows a snapshot record that comes before any entry. One of index 0 says that no entries precede if it ends the head of the log's first
// segment: in a later one it is the start of one who has gone on (goesOn). One that is not below the index in its segment's name is a leader's: the log
// ended before that when the segment was begun. But etcd has written names that go backwards, so nothing is refused for it.
func (c *checker) firstSnapshot(r *Record, s *snapshotFields) {
	seq, index, ok := parseName(r.Segment)
	switch {
	case !ok:
	case s.index > 0 && s.index >= index:
		c.replace(s, c.haveState || seq > 0) // a Save has left the segment before, with a hard state that etcd's head has forgotten
		c.loose = true
	case s.index == 0 && seq == 0 && c.segment == 3:
		c.log.restart(0, 0)
	}
}

// replace puts a leader's snapshot in the place of the log: at once if no hard state stands before it, or one commits it; else it waits.
func (c *checker) replace(s *snapshotFields, stated bool) {
	if c.waiting == 0 {
		c.before = c.lineage
	}
	c.log.restart(s.index, s.term)
	c.maxTerm = max(c.maxTerm, s.term)
	c.dropped, c.waiting = true, 0
	if stated && s.index > c.commit {
		c.waiting = s.index
	}
}

// missing returns the reason why acknowledged entries must be missing at the end of the log, or "". Commit never passes the last
// entry; a leader's snapshot stands for the entries that it covers.
func (c *checker) missing() string {
	log := &c.log
	if c.waiting != 0 {
		log = &c.before.log
	}
	if !log.known() || c.commit <= log.last {
		return ""
	}
	return fmt.Sprintf("the hard state's commit %d is beyond the last entry %d: committed entries are missing", c.commit, log.last)
}
