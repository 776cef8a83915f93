package wal

import "sort"

// terms knows the term of every entry of a log in a few words: terms never fall along a log, so it is a list of runs. The
// number of runs is the number of terms, however long the log.
type terms struct {
	// runs[i] holds from its index up to the index before runs[i+1]'s, the last one up to last.
	runs []run
	last uint64

	top uint64 // the highest index that was ever overwritten or replaced
}

// run is a number of entries of one term.
type run struct{ index, term uint64 }

// known tells whether there is any entry.
func (t *terms) known() bool { return len(t.runs) > 0 }

// at returns the term of the entry at an index, if it is known.
func (t *terms) at(index uint64) (uint64, bool) {
	if !t.known() || index < t.runs[0].index || index > t.last {
		return 0, false
	}
	if r := t.runs[len(t.runs)-1]; index >= r.index { // nearly always
		return r.term, true
	}
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].index > index })
	return t.runs[i-1].term, true
}

// set makes an entry the last one: whatever was at its index or behind is gone.
func (t *terms) set(index, term uint64) {
	if index <= t.last {
		t.top = max(t.top, t.last)
	}
	for len(t.runs) > 0 && t.runs[len(t.runs)-1].index >= index {
		t.runs = t.runs[:len(t.runs)-1]
	}
	t.last = index
	if n := len(t.runs); n == 0 || t.runs[n-1].term != term {
		t.runs = append(t.runs, run{index, term})
	}
}

// restart forgets all entries and makes the given one the only one, as a leader's snapshot does. A copy of t made before stays as it is.
func (t *terms) restart(index, term uint64) {
	*t = terms{runs: []run{{index, term}}, last: index, top: max(t.top, t.last)}
}

// highest returns the highest index that any entry ever had.
func (t *terms) highest() uint64 { return max(t.top, t.last) }

// lastTerm returns the term of the last entry, 0 if none is known.
func (t *terms) lastTerm() uint64 {
	if !t.known() {
		return 0
	}
	return t.runs[len(t.runs)-1].term
}
