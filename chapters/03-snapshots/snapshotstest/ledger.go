package snapshotstest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"go.etcd.io/raft/v3"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// step is one record that a node was about to write, as a note for who recovers.
// Exactly one of its fields is set.
type step struct {
	entry    *raftpb.Entry
	state    *raftpb.HardState
	snapshot *raftpb.SnapshotMetadata
}

// words is the step as the record that it becomes.
func (s step) words() string {
	switch {
	case s.entry != nil:
		return entryWords(s.entry)
	case s.state != nil:
		return "state " + stateWords(s.state)
	}
	return fmt.Sprintf("snapshot %d of term %d", s.snapshot.GetIndex(), s.snapshot.GetTerm())
}

// String is for traces.
func (s step) String() string { return "about to write: " + s.words() }

// What else a workload notes, for who recovers.
type (
	// acked says that all that was tried until now is promised, and by which
	// call, which has returned nil.
	acked struct{ by string }
	// filed says that SaveSnap has returned nil, and for which snapshot: its
	// file is promised.
	filed struct{ file string }
	// left says that a crash has left the first n steps, and that the others
	// must not come back.
	left struct{ n int }
)

// String is for traces.
func (a acked) String() string { return "acknowledged by " + a.by }

// String is for traces.
func (f filed) String() string { return "acknowledged by SaveSnap: " + f.file }

// ledger is what the notes come to: the steps, and who has promised the first of
// them; and the files that are promised.
type ledger struct {
	steps []step
	by    []string
	files []string
}

// read returns what notes come to.
func read(notes []any) (l ledger) {
	promise := func(by string) {
		for len(l.by) < len(l.steps) {
			l.by = append(l.by, by)
		}
	}
	for _, n := range notes {
		switch n := n.(type) {
		case step:
			l.steps = append(l.steps, n)
		case acked:
			promise(n.by)
		case filed:
			l.files = append(l.files, n.file)
		case left:
			l.steps, l.by = l.steps[:n.n], l.by[:min(n.n, len(l.by))]
			promise("the start after the crash, which has read it")
		}
	}
	return l
}

// node is an implementation's log in a crash lab, and what it notes.
type node struct {
	Implementation
	fsys disk.FS
	log  WAL
	note func(any)
	last *raftpb.HardState // that was saved
}

// save saves, with notes. What must be synced is promised.
func (n *node) save(s *raftpb.HardState, ents ...*raftpb.Entry) error {
	for _, e := range ents {
		n.note(step{entry: e})
	}
	if s != nil {
		n.note(step{state: proto.CloneOf(s)})
	}
	must := raft.MustSync(s, n.last, len(ents))
	err := n.log.Save(s, ents)
	if err == nil && must {
		n.note(acked{"Save"})
	}
	if s != nil {
		n.last = proto.CloneOf(s)
	}
	return err
}

// remember saves a snapshot, file first, and records it.
func (n *node) remember(index, term uint64) error {
	if err := n.New(n.fsys, folder).SaveSnap(snapshotAt(index, term)); err != nil {
		return err
	}
	n.note(filed{fileName(index, term)})
	n.note(step{snapshot: meta(index, term)})
	err := n.log.SaveSnapshot(meta(index, term))
	if err == nil {
		n.note(acked{"SaveSnapshot"})
	}
	return err
}

// forget releases and purges.
func (n *node) forget(index uint64) error {
	err := n.log.ReleaseLockTo(index)
	if err == nil {
		n.note(acked{"ReleaseLockTo"}) // it has synced
		err = n.log.Purge()
	}
	return err
}

// filesThere returns an error if a file is not there that SaveSnap has promised.
func (l ledger) filesThere(fsys disk.FS) error {
	for _, f := range l.files {
		if suite.Content(fsys, path.Join(folder, f)) == nil {
			return fmt.Errorf("missing: the file %s, promised by SaveSnap\nthe folder holds %s", f, cmpOr(strings.Join(suite.Files(fsys, folder), ", "), "nothing"))
		}
	}
	return nil
}

// where returns how many steps are on the disk: what stands in the log's files
// must be the end of so many, and nothing else.
func (l ledger) where(fsys disk.FS) (int, error) {
	is := look(fsys)
	words := l.words()
	switch {
	case is.wrong != nil:
		return 0, fmt.Errorf("no crash may leave this: %w", is.wrong)
	case is.headless != "":
		return 0, fmt.Errorf("%s does not begin with metadata and the last hard state:\n%s", is.headless, listing(is))
	}
	n := ends(is, words)
	if n >= len(l.by) {
		return n, nil
	}
	return 0, fmt.Errorf("%s\nthe log holds%s\nwhere was promised%s\nand tried%s", l.wrong(is, n), indented(shorten(is.lines)), indented(shorten(words[:len(l.by)])), indented(shorten(words)))
}

// words are the steps in words.
func (l ledger) words() []string {
	var words []string
	for _, s := range l.steps {
		words = append(words, s.words())
	}
	return words
}

// ends returns the highest number of steps whose end is what a log holds, and -1
// if there is none. A log that reaches back to its beginning holds all of them.
func ends(is found, words []string) int {
	for n := len(words); n >= len(is.lines); n-- {
		if slices.Equal(is.lines, words[n-len(is.lines):n]) && (n == len(is.lines) || is.names[0][:16] != "0000000000000000") {
			return n
		}
	}
	return -1
}

// wrong says in a line what is wrong with a log: what is missing behind the first
// n steps, and who has promised it; or what it holds instead, if n is -1.
func (l ledger) wrong(is found, n int) string {
	if n >= 0 {
		what := l.steps[n].words()
		if l.steps[n].state != nil {
			what = "hard " + what
		}
		return fmt.Sprintf("missing: %s, promised by %s", what, l.by[n])
	}
	words := l.words()
	for i, line := range is.lines {
		switch {
		case !slices.Contains(words, line):
			return "not to be there: " + line + ", which was never tried, or which the start after a crash has not found"
		case is.names[0][:16] == "0000000000000000" && (i >= len(words) || line != words[i]):
			return "not in its place: " + line
		}
	}
	return "the log is no part of what was tried, in its order"
}
