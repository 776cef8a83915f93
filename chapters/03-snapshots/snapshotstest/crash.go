package snapshotstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// bounds are those of the searches that belong to an invariant: small, because
// each edit of an exercise runs them.
var bounds = crash.Bounds{Subsets: 6, Seeds: 6, Torn: true, States: 1200}

// search explores an experiment, and tells a violation as a failure of the
// invariant.
func (c *check) search(e *crash.Experiment, b *crash.Bounds, means string) {
	c.Helper()
	c.trying, c.world = "the crash lab: "+e.Name, nil
	if e.Repeat == nil {
		e.Repeat = suite.Unrepeated // the test does
	}
	report, err := e.Explore(c.Context(), b)
	if err != nil {
		f := failure{Tried: c.trying, Got: err.Error(), Means: means}
		if v, ok := errors.AsType[*crash.Violation](err); ok {
			f.Got, f.Disk = v.Err.Error(), v.Trace
		}
		c.fail(f)
	}
	c.Logf("%v", report)
}

// saveCrashes is I8: what Save and its cuts leave is looked at by the suite.
func saveCrashes(c *check) {
	c.search(&crash.Experiment{
		Name: "Create, then Save with cuts",
		Work: func(fsys disk.FS, note func(any)) error {
			w, err := c.Create(fsys, dir, owner, small)
			if err != nil {
				return err
			}
			note("created")
			n := &node{Implementation: c.Implementation, fsys: fsys, log: w, note: note}
			return errors.Join(
				n.save(state(1, 1, 0), entry(1, 1, 500)), n.save(state(1, 1, 1)), n.save(nil, entry(1, 2, 600), entry(1, 3, 10)),
				n.save(state(2, 3, 2), entry(2, 3, 700)), n.save(state(2, 3, 3), entry(2, 4, 300)), n.save(state(2, 3, 4)),
				n.save(state(3, 0, 4)), n.save(state(3, 1, 4)), n.save(nil, entry(3, 5, 10)), w.Close())
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if len(notes) == 0 {
				return nil // Create is chapter 2's
			}
			_, err := read(notes).where(fsys)
			return err
		},
	}, &bounds, "raft acts on what Save has acknowledged: what is gone after a crash was a promise to other nodes.")
}

// fileCrashes is I19.
func fileCrashes(c *check) {
	now := snapshotAt(9, 2)
	now.Data = append(now.Data, make([]byte, 1200)...)
	for i := range now.Data {
		now.Data[i] |= 1
	}
	whole := c.written(now)
	for _, before := range []*raftpb.Snapshot{nil, {Data: make([]byte, 700), Metadata: meta(9, 2)}} {
		name := "SaveSnap"
		if before != nil {
			name = "SaveSnap over a file of the same name"
		}
		c.search(&crash.Experiment{
			Name: name,
			Start: func(fsys disk.FS) error {
				mkdir(fsys, folder)
				if before != nil {
					put(fsys, folder+"/"+fileName(9, 2), snapshotFile(before))
				}
				return nil
			},
			Work: func(fsys disk.FS, note func(any)) error {
				err := c.New(fsys, folder).SaveSnap(now)
				if err == nil {
					note("SaveSnap has returned nil")
				}
				return err
			},
			Recover: func(fsys disk.FS, notes []any) error { return wholeFile(fsys, notes, before, whole) },
		}, &crash.Bounds{Subsets: 7, Seeds: 6, Torn: true, States: 600}, "a file under a snapshot's name is loaded. It has to be whole in every moment in which it has that name; the one that it replaces is there until then, and once SaveSnap has returned it is there for good.")
	}
}

// wholeFile looks at a folder after a crash inside SaveSnap: the file has to be
// whole, or as it was before.
func wholeFile(fsys disk.FS, notes []any, before *raftpb.Snapshot, whole []byte) error {
	b := suite.Content(fsys, folder+"/"+fileName(9, 2))
	is := fmt.Sprintf("the file has %d bytes, and is not the whole one of %d", len(b), len(whole))
	if b == nil {
		is = "the file is gone"
	}
	switch {
	case slices.Equal(b, whole):
		return nil
	case len(notes) > 0:
		return fmt.Errorf("SaveSnap has returned nil, and %s", is)
	case before == nil && b == nil, before != nil && slices.Equal(b, snapshotFile(before)):
		return nil
	case b == nil:
		return errors.New("the file that was there before is gone")
	}
	return errors.New(is)
}

// start is what a node does at a start: it repairs the log, finds its snapshot,
// opens the log there, and reads. It fails unless that is what the steps come
// to, and returns how many of them are left.
func (n *node) start(notes []any) (int, error) {
	l := read(notes)
	if err := l.filesThere(n.fsys); err != nil {
		return 0, err
	}
	if err := n.Repair(n.fsys, dir); err != nil {
		return 0, fmt.Errorf("a crash is all that happened, and the log cannot be repaired: %w", err)
	}
	there, err := l.where(n.fsys)
	if err != nil {
		return 0, err
	}
	snap, err := n.Match(n.fsys, dir, folder)
	if err != nil {
		return 0, fmt.Errorf("a crash is all that happened, and the node finds no snapshot to start from: %w", err)
	}
	var at *raftpb.SnapshotMetadata
	if snap != nil {
		at = snap.GetMetadata()
		if want := snapshotAt(at.GetIndex(), at.GetTerm()); !proto.Equal(snap, want) {
			return 0, fmt.Errorf("snapshot %s is loaded with other content than was saved", metaWords(at))
		}
	}
	m := play(l.steps[:there])
	n.last = m.state
	if least := m.newest(); at.GetIndex() < least {
		return 0, fmt.Errorf("the node starts from %s, and snapshot %d was saved, recorded and committed", metaWords(at), least)
	}
	n.log, err = n.Open(n.fsys, dir, at, small)
	if err != nil {
		return 0, fmt.Errorf("the log does not open: %w", err)
	}
	_, s, ents, err := n.log.ReadAll()
	if err == nil {
		err = m.compare(at, s, ents)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("opened at %s: %w", metaWords(at), err), n.log.Close())
	}
	return there, nil
}

// purgeCrashes is I35.
func purgeCrashes(c *check) {
	b := bounds
	b.Subsets, b.Seeds, b.States = 4, 3, 600
	for _, e := range Experiments(c.Implementation) {
		c.search(e, &b, "the order is: the file, the record, the commit of a leader's snapshot, then ReleaseLockTo, which syncs, then Purge. At every point the disk must hold a start.")
	}
}

// Crash is the chapter's crash lab: a node's life, crashed at every point; its
// recovery crashed too. It is skipped while any exercise waits. With -v it tells
// how many disks it tried.
func Crash(t *testing.T, impl Implementation) {
	for _, e := range chapter.Exercises {
		if reason := chapter.Waits(impl.Waits, e.ID); reason != "" {
			t.Skip("the crash lab needs the whole chapter: " + reason)
		}
	}
	for _, e := range Experiments(impl) {
		t.Run(strings.ReplaceAll(e.Name, " ", "_"), func(t *testing.T) {
			report, err := e.Explore(t.Context(), &crash.Bounds{Subsets: 5, Seeds: 4, Torn: true, States: 900, Seed: 3})
			if err != nil {
				t.Fatalf("the crash lab: %v", err)
			}
			t.Log(report)
		})
	}
}

// Experiments returns the crash lab's, for a search with bounds of one's own.
func Experiments(impl Implementation) []*crash.Experiment {
	l := life{impl}
	return []*crash.Experiment{
		{Name: "its own snapshot, then release and purge", Start: l.begin, Work: l.own, Recover: l.recover, Again: l.again, Repeat: suite.Repeat(3)},
		{Name: "a leader's snapshots, then release and purge", Start: l.begin, Work: l.leader, Recover: l.recover, Again: l.again, Repeat: suite.Repeat(3)},
	}
}

// life is what a node does with log and snapshots.
type life struct{ Implementation }

// begin makes the folders, and an empty log.
func (l life) begin(fsys disk.FS) error {
	mkdir(fsys, folder)
	w, err := l.Create(fsys, dir, owner, small)
	if err != nil {
		return err
	}
	return w.Close()
}

// open takes the log that begin has made.
func (l life) open(fsys disk.FS, note func(any)) (*node, error) {
	n := &node{Implementation: l.Implementation, fsys: fsys, note: note}
	_, err := n.start(nil)
	return n, err
}

// own takes a snapshot of its own entries, twice, and forgets what they cover. In
// between it comes to a new term, and gives its vote in that, in Saves of nothing
// else.
func (l life) own(fsys disk.FS, note func(any)) error {
	n, err := l.open(fsys, note)
	if err != nil {
		return err
	}
	return inTurn(
		func() error { return n.save(state(1, 1, 0), run(1, 1, 3)...) },
		func() error { return n.save(state(1, 1, 2), entry(1, 4, 900)) },
		func() error { return n.save(state(1, 1, 3), run(1, 5, 6)...) },
		func() error { return n.save(state(2, 0, 3)) }, // a term alone
		func() error { return n.save(state(2, 3, 3)) }, // a vote alone
		func() error { return n.save(state(2, 3, 6)) }, // a commit alone
		func() error { return n.remember(6, 1) },
		func() error { return n.save(nil, entry(1, 7, 900)) },
		func() error { return n.save(state(2, 3, 7), entry(1, 8, 0)) },
		func() error { return n.forget(6) },
		func() error { return n.save(state(2, 3, 8)) },
		func() error { return n.remember(8, 1) },
		func() error { return n.forget(8) },
		func() error { return n.save(nil, run(1, 9, 9)...) },
		func() error { return n.log.Close() },
	)
}

// leader gets two snapshots from the leader, each beyond its log, and forgets
// all before. Behind the second comes a Save that moves the commit and nothing
// else, and is not synced.
func (l life) leader(fsys disk.FS, note func(any)) error {
	n, err := l.open(fsys, note)
	if err != nil {
		return err
	}
	return inTurn(
		func() error { return n.save(state(1, 1, 1), append(run(1, 1, 3), entry(1, 4, 900))...) },
		func() error { return n.save(state(1, 1, 2), run(1, 5, 5)...) },
		func() error { return n.remember(20, 2) },
		func() error { return n.save(state(2, 0, 20), entry(2, 21, 900)) },
		func() error { return n.save(state(2, 3, 21), run(2, 22, 22)...) },
		func() error { return n.forget(20) },
		func() error { return n.save(nil, run(2, 23, 23)...) },
		func() error { return n.remember(40, 2) },
		func() error { return n.save(state(2, 3, 40)) },
		func() error { return n.forget(40) },
		func() error { return n.save(nil, run(2, 41, 41)...) },
		func() error { return n.log.Close() },
	)
}

// inTurn calls functions up to the first error.
func inTurn(steps ...func() error) error {
	for _, f := range steps {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// recover starts the node after a crash.
func (l life) recover(fsys disk.FS, notes []any) error {
	n := &node{Implementation: l.Implementation, fsys: fsys}
	if _, err := n.start(notes); err != nil {
		return err
	}
	return n.log.Close()
}

// again is the second life: the node starts, and goes on.
func (l life) again(fsys disk.FS, notes []any, note func(any)) error {
	n := &node{Implementation: l.Implementation, fsys: fsys, note: note}
	there, err := n.start(notes)
	if err != nil {
		return err
	}
	note(left{there})
	m := play(read(notes).steps[:there])
	term, last := m.state.GetTerm()+1, m.last()
	return errors.Join(n.save(state(term, 2, m.state.GetCommit()), entry(term, last+1, 0)), n.log.Close())
}
