package torture

import (
	"errors"
	"fmt"
	"iter"
	"strings"
)

// ghost is what is known, beside the disk, of what was tried and what was acknowledged. It is never changed.
type ghost struct {
	created bool     // Create has returned nil
	acks    int64    // how many calls have returned nil
	bases   []*state // all that is durable is in one of these
	tail    []record // tried behind it, in order, and acknowledged by nothing
	may     []may    // what a crash now may leave
}

// may is a state that a crash may leave, and what a node sees of it.
type may struct {
	state *state
	view  view
}

// newGhost returns what is known before Create.
func newGhost() *ghost { return (&ghost{bases: []*state{empty()}}).look() }

// look finds out what a crash may leave: each base, with any number of the records behind it. The format promises no less than that order: see
// promise 2 of the package comment.
func (g *ghost) look() *ghost {
	for _, s := range g.bases {
		g.add(s)
		for _, r := range g.tail {
			s = s.apply(r)
			g.add(s)
		}
	}
	return g
}

// add takes a state among what may be.
func (g *ghost) add(s *state) {
	for _, v := range s.views() {
		g.may = append(g.may, may{s, v})
	}
}

// try returns what is known once more records may have been written.
func (g *ghost) try(more []record) *ghost {
	n := &ghost{created: g.created, acks: g.acks, bases: g.bases}
	n.tail = append(append(n.tail, g.tail...), more...)
	return n.look()
}

// acked returns what is known once all that was tried is durable, because so many calls have returned nil.
func (g *ghost) acked(calls int) *ghost {
	n := &ghost{created: true, acks: g.acks + int64(calls)}
	for _, s := range g.bases {
		for _, r := range g.tail {
			s = s.apply(r)
		}
		n.bases = append(n.bases, s)
	}
	return n.look()
}

// started returns what is known once a node was opened and acts on what it saw: that is a promise, too.
func (g *ghost) started(v view) (*ghost, error) {
	n := &ghost{created: true, acks: g.acks + 1}
	for _, m := range g.may {
		if m.view.equal(v) {
			n.bases = append(n.bases, m.state.started(v))
		}
	}
	if n.bases == nil {
		return nil, g.lost(v)
	}
	return n.look(), nil
}

// check returns what is wrong about a view.
func (g *ghost) check(v view) error {
	for _, m := range g.may {
		if m.view.equal(v) {
			return nil
		}
	}
	return g.lost(v)
}

// errLost is that something acknowledged is missing, or something is there that nobody tried.
var errLost = errors.New("what was read is none of what was promised and tried")

// lost says what a view should have been.
func (g *ghost) lost(v view) error {
	var b strings.Builder
	fmt.Fprintf(&b, ":\n  read %v\n", v)
	said := map[string]bool{}
	for _, m := range g.may {
		if s := m.view.String(); !said[s] {
			said[s] = true
			fmt.Fprintf(&b, "  may %s\n", s)
		}
	}
	return fmt.Errorf("%w%s", errLost, strings.TrimSuffix(b.String(), "\n"))
}

// snapshots yields the snapshots that the node has ever heard of, though it may have forgotten: the cluster has committed them.
func (g *ghost) snapshots() iter.Seq[position] {
	return func(yield func(position) bool) {
		for _, m := range g.may {
			for _, p := range m.state.snaps {
				if !yield(p) {
					return
				}
			}
		}
	}
}

// note is what the workload tells of itself. It prints as its text.
type note struct {
	text  string
	ghost *ghost
}

// String returns the text.
func (n *note) String() string { return n.text }

// known returns what is known after the notes.
func known(notes []any) *ghost {
	if len(notes) == 0 {
		return newGhost()
	}
	return notes[len(notes)-1].(*note).ghost
}
