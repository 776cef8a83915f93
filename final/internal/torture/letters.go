package torture

import (
	"errors"
	"slices"
)

// Alphabet is the letters of the words. What each does is in the package comment.
const Alphabet = "sxpzhvonlcadrg"

// letters says what each letter does.
var letters = map[byte]func(*life) error{
	's': func(l *life) error { return l.append(nil, 24) },
	'x': (*life).across,
	'p': func(l *life) error { return l.append(l.commits(1), 3000, 2500) },
	'z': (*life).zeros,
	'h': (*life).commit,
	'v': (*life).vote,
	'o': (*life).overwrite,
	'n': (*life).ownSnapshot,
	'l': (*life).leadersSnapshot,
	'c': (*life).cut,
	'a': func(l *life) error { return beside(l.w.Prepare()) },
	'd': (*life).discard,
	'r': (*life).restart,
	'g': (*life).group,
}

// spell does what the letters say, up to the first error.
func (l *life) spell(word string) error {
	for _, c := range []byte(word) {
		l.acts++
		if err := letters[c](l); err != nil {
			return err
		}
	}
	return nil
}

// payload returns an entry's data. Raft never has two entries of the same index and term, so they are made of these.
func payload(at position, size int) string {
	b := make([]byte, size)
	x := at.index*0x9e3779b97f4a7c15 ^ at.term*0xff51afd7ed558ccd | 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return string(b)
}

// hard returns the hard state with which entries can follow: there must be a term, and the snapshot that the log begins behind is committed.
func (l *life) hard() hard {
	h, log := l.now.hard, l.now.log
	if h.term == 0 {
		h.term, h.vote = 1, 2
	}
	last, _ := log.at(log.last())
	h.term, h.commit = max(h.term, last.term), max(h.commit, log.base.index)
	return h
}

// commits returns the hard state that commits all entries but a few, as far as they are the cluster's: what a snapshot of it contradicts that the node has
// heard of, though it may have forgotten, is never committed.
func (l *life) commits(but uint64) *hard {
	h := l.hard()
	last := l.now.log.last()
	for p := range l.ghost.snapshots() {
		if at, ok := l.now.log.at(p.index); ok && at != p {
			last = min(last, p.index-1)
		}
	}
	if last > h.commit+but {
		h.commit = last - but
	}
	return &h
}

// append saves new entries of the present term, with a hard state if they need one.
func (l *life) append(h *hard, sizes ...int) error {
	if need := l.hard(); h == nil && need != l.now.hard {
		h = &need
	}
	return l.save(h, l.entries(l.now.log.last()+1, sizes...)...)
}

// entries returns entries of the present term from an index on.
func (l *life) entries(index uint64, sizes ...int) (ents []entry) {
	h := l.hard()
	for _, size := range sizes {
		at := position{index, h.term}
		ents = append(ents, entry{at, payload(at, size)})
		index++
	}
	return ents
}

// across saves two entries. Of a node that catches up they are every third time of two terms.
func (l *life) across() error {
	h := l.commits(1)
	ents := l.entries(l.now.log.last()+1, 330, 330)
	if l.acts%3 == 0 {
		h.term, h.vote = h.term+1, 0
		at := position{ents[1].index, h.term}
		ents[1] = entry{at, payload(at, 330)}
	}
	return l.save(h, ents...)
}

// zeros saves an entry of zeros: what was never written looks the same.
func (l *life) zeros() error {
	ents := l.entries(l.now.log.last()+1, 24, 24)
	ents[0].data = string(make([]byte, 700))
	return l.save(l.commits(1), ents...)
}

// late tells whether the node is in a term before that of its last entry: a crash has left the entry, and taken the hard state that brought it. The leader of
// that term may still be there, and have heard nothing of the next one's.
func (l *life) late() bool {
	term := l.now.hard.term
	return term > 0 && term < l.hard().term
}

// commit moves the commit. In a late node nothing else is committed.
func (l *life) commit() error {
	if l.late() {
		return l.save(&l.now.hard)
	}
	return l.save(l.commits(1))
}

// vote is a new term, and a vote in it.
func (l *life) vote() error {
	h := l.now.hard
	h.commit = l.hard().commit
	h.term, h.vote = h.term+1, h.term%3+1
	return l.save(&h)
}

// overwrite is a new leader, who replaces what is not committed, three entries at most, by two of his own, or by one. A late node's leader
// replaces what it has from a later term.
func (l *life) overwrite() error {
	h := l.hard()
	if l.late() && l.acts%3 == 1 {
		h, ents := l.now.hard, l.now.log.ents
		first := ents[slices.IndexFunc(ents, func(e entry) bool { return e.term > h.term })].index
		at := position{first, h.term}
		return l.save(&h, entry{at, payload(at, 100)})
	}
	h.term, h.vote = h.term+1, 0
	last := l.now.log.last()
	first := position{max(h.commit, last-min(last, 3)) + 1, h.term}
	if l.acts%2 == 0 {
		return l.save(&h, entry{first, ""})
	}
	second := position{first.index + 1, h.term}
	return l.save(&h, entry{first, ""}, entry{second, payload(second, 100)})
}

// ownSnapshot is one of the node's own, at its commit; every fourth time one that was begun when the commit was lower.
func (l *life) ownSnapshot() error {
	if l.now.hard.commit == 0 && l.now.log.last() == 0 {
		if err := l.append(nil, 24); err != nil {
			return err
		}
	}
	if l.now.hard.commit == 0 {
		if err := l.save(l.commits(0)); err != nil {
			return err
		}
	}
	at, ok := l.now.log.at(l.now.hard.commit)
	if !ok {
		at = l.now.snaps[len(l.now.snaps)-1]
	}
	if before, ok := l.now.log.at(at.index - 1); ok && l.acts%4 == 3 {
		at = before
	}
	return l.saveSnapshot(at)
}

// leadersSnapshot is one far ahead of the log, then the Save that commits it, every second time with the entries that follow it. It is of
// a new leader's, of the present one's, or of a late node's. A new leader's may lie inside the log, in the place of what nobody has committed.
func (l *life) leadersSnapshot() error {
	h := l.hard()
	last := l.now.log.last()
	inside := l.acts%5 == 2 && last > h.commit
	for p := range l.ghost.snapshots() {
		inside = inside && p.index != last // there is one of that index
	}
	switch {
	case l.acts%3 == 0 || inside:
		h.term, h.vote = h.term+1, 0
	case l.acts%3 == 1 && l.late():
		h = l.now.hard
	}
	for p := range l.ghost.snapshots() {
		h.term = max(h.term, p.term) // no later one is of a lower term
	}
	at := position{last + 64 + 8*uint64(l.acts), h.term}
	if inside {
		at.index = last
	}
	if err := l.saveSnapshot(at); err != nil {
		return err
	}
	h.commit = at.index
	if l.acts%2 == 0 {
		return l.save(&h)
	}
	next := position{at.index + 1, at.term}
	return l.save(&h, entry{next, payload(next, 40)})
}

// cut saves small entries until there is another segment.
func (l *life) cut() error {
	segs := l.w.Segments()
	size := int(l.Segment)
	if err := l.append(nil, size-min(size, 360)); err != nil {
		return err
	}
	for range 64 {
		if now := l.w.Segments(); now[len(now)-1].Name != segs[len(segs)-1].Name {
			break
		}
		if err := l.append(nil, 64); err != nil {
			return err
		}
	}
	return nil
}

// restart discards, and starts the node anew.
func (l *life) restart() error {
	if err := l.discard(); err != nil {
		return err
	}
	if err := l.close(); err != nil {
		return err
	}
	return l.open()
}

// discard releases what the newest snapshot makes needless, and purges it.
func (l *life) discard() error {
	at := l.now.newest()
	if err := l.w.ReleaseLockTo(at.index); err != nil {
		if l.w.Sync() == nil { // a sealed file that cannot be closed is not what the log goes on with
			err = beside(err)
		}
		return err
	}
	l.note(l.ghost.acked(1), "released to %d", at.index) // it syncs
	if err := l.w.Purge(); err != nil {
		if stays := l.w.Sync(); stays != nil && stays.Error() == err.Error() {
			return err // of the log's own sync, which comes first
		}
		err = beside(err)
		return err
	}
	return beside(l.snapshots().Purge(snapshotMessage(at), 1))
}

// beside marks an error.
func beside(err error) error {
	if err == nil {
		return nil
	}
	return errors.Join(errBeside, err)
}

// valid tells whether a word has only letters of the alphabet.
func valid(word string) bool {
	return !slices.ContainsFunc([]byte(word), func(c byte) bool { return letters[c] == nil })
}
