package snapshotstest

import (
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
)

// world is a disk, and the implementation's log on it. It remembers the calls
// that were made, because they are what a failure shows.
type world struct {
	*check
	sim *disk.Sim
	log WAL

	// did are the calls, with what came back. The disk's own log begins with
	// the last of them.
	did []string

	// last is what the last call did to the disk. The suite's own looking comes
	// behind it in the disk's log, and is none of its.
	last []disk.Event

	// saved are the records behind the heads that were saved, in words.
	saved []string
}

// on begins a world on a disk, and says in words what is there.
func (c *check) on(sim *disk.Sim, there string) *world {
	w := &world{check: c, sim: sim}
	if there != "" {
		w.did = append(w.did, there)
	}
	c.world = w
	return w
}

// fresh begins a world with a new log.
func (c *check) fresh(size int64) *world {
	c.Helper()
	w := c.on(disk.NewSim(), "")
	w.must(w.create(owner, size))
	return w
}

// call makes a call of the implementation and notes it. The name stands in did
// before the call, so that a panic shows it.
func (w *world) call(name string, f func() error) error {
	w.sim.ClearLog()
	w.did = append(w.did, name)
	err := f()
	w.last = w.sim.Log()
	if err != nil {
		w.did[len(w.did)-1] += ": " + w.told(err)
	}
	return err
}

// create makes a log.
func (w *world) create(metadata []byte, size int64) error {
	return w.call(fmt.Sprintf("Create(%q, metadata %q, segments of %d bytes)", dir, metadata, size), func() (err error) {
		w.log, err = w.Create(w.sim, dir, metadata, size)
		return err
	})
}

// open opens the log at a snapshot.
func (w *world) open(m *raftpb.SnapshotMetadata, size int64) error {
	return w.call(fmt.Sprintf("Open(%q, %s)", dir, metaWords(m)), func() (err error) {
		w.log, err = w.Open(w.sim, dir, m, size)
		return err
	})
}

// result is what ReadAll returns, but for the error.
type result struct {
	metadata []byte
	state    *raftpb.HardState
	ents     []*raftpb.Entry
}

// readAll reads the log.
func (w *world) readAll() (r result, err error) {
	err = w.call("ReadAll()", func() (err error) {
		r.metadata, r.state, r.ents, err = w.log.ReadAll()
		return err
	})
	return r, err
}

// save calls Save and notes what is to be found afterwards.
func (w *world) save(s *raftpb.HardState, ents ...*raftpb.Entry) error {
	err := w.call(fmt.Sprintf("Save(state %s, entries %s)", stateWords(s), runWords(ents)), func() error { return w.log.Save(s, ents) })
	if err == nil {
		w.saved = append(w.saved, savedWords(s, ents)...)
	}
	return err
}

// saveSnapshot calls SaveSnapshot.
func (w *world) saveSnapshot(m *raftpb.SnapshotMetadata) error {
	err := w.call("SaveSnapshot("+metaWords(m)+")", func() error { return w.log.SaveSnapshot(m) })
	if err == nil {
		w.saved = append(w.saved, fmt.Sprintf("snapshot %d of term %d", m.GetIndex(), m.GetTerm()))
	}
	return err
}

// sync, close, release and purge call the methods of the log.
func (w *world) sync() error  { return w.call("Sync()", func() error { return w.log.Sync() }) }
func (w *world) close() error { return w.call("Close()", func() error { return w.log.Close() }) }
func (w *world) purge() error { return w.call("Purge()", func() error { return w.log.Purge() }) }
func (w *world) release(index uint64) error {
	return w.call(fmt.Sprintf("ReleaseLockTo(%d)", index), func() error { return w.log.ReleaseLockTo(index) })
}

// saveSnap saves a snapshot's file.
func (w *world) saveSnap(snap *raftpb.Snapshot) error {
	what := fmt.Sprintf("SaveSnap(%s, %d bytes of data)", metaWords(snap.GetMetadata()), len(snap.GetData()))
	return w.call(what, func() error { return w.New(w.sim, folder).SaveSnap(snap) })
}

// must fails when something went wrong that had to go right. It takes the
// result of a call.
func (w *world) must(err error) {
	w.Helper()
	w.mustBecause(err, "nothing was wrong with this disk, nor with this call, so nothing may fail.")
}

// mustBecause is must, with a reason.
func (w *world) mustBecause(err error, means string) {
	w.Helper()
	if err != nil {
		w.fail(failure{Got: w.told(err), Want: "nil", Means: means})
	}
}

// fail tells the calls, and what the last of them did to the disk.
func (w *world) fail(f failure) {
	w.Helper()
	w.check.fail(w.complete(f))
}

// complete adds to a failure the calls, and what the last of them did.
func (w *world) complete(f failure) failure {
	if f.Tried == "" {
		f.Tried = w.story()
	}
	if f.Disk == "" {
		f.Disk = w.changes()
	}
	if w.also != "" {
		f.Means += " " + w.also
	}
	return f
}

// story is the calls, at most the last eighteen.
func (w *world) story() string { return strings.Join(suite.Last(w.did, 18, "calls"), "\n") }

// changes is what the last call did to the disk, at most the last sixteen.
func (w *world) changes() string {
	var lines []string
	for _, e := range w.last {
		if e.Op&(disk.OpChanges|disk.OpLock) != 0 || e.Err != nil {
			lines = append(lines, e.String())
		}
	}
	if lines == nil {
		return ""
	}
	return "the last call did:\n  " + strings.Join(suite.Last(lines, 16, "more"), "\n  ")
}

// without fails if the last call did one of these operations.
func (w *world) without(ops disk.Op, means string) {
	w.Helper()
	for _, e := range w.last {
		if e.Op&ops != 0 {
			w.fail(failure{Got: "it does: " + e.String(), Want: "no " + ops.String(), Means: means})
		}
	}
}

// holds fails unless the log on a disk holds what was saved: at least the first
// so many records, and nothing else.
func (w *world) holds(fsys disk.FS, least int, means string) {
	w.Helper()
	l := look(fsys)
	switch {
	case l.wrong != nil:
		w.fail(failure{Got: "the log cannot be read: " + l.wrong.Error(), Want: shorten(w.saved), Means: means})
	case l.headless != "":
		w.fail(failure{Got: listing(l), Want: "metadata and the last hard state at the head of " + l.headless, Means: means})
	case len(l.lines) < least || len(l.lines) > len(w.saved) || !slices.Equal(l.lines, w.saved[:len(l.lines)]):
		want := shorten(w.saved)
		if least < len(w.saved) {
			want = "at least " + shorten(w.saved[:least]) + "\nat most " + want
		}
		w.fail(failure{Got: shorten(l.lines), Want: want, Means: means})
	}
}

// shorten is a list of records, one a line, and its middle left out.
func shorten(list []string) string {
	if len(list) == 0 {
		return "nothing"
	}
	if len(list) > 9 {
		list = slices.Concat(list[:4], []string{fmt.Sprintf("… %d …", len(list)-8)}, list[len(list)-4:])
	}
	return "\n" + strings.Join(list, "\n")
}

// indented is a text of several lines, each a little further right.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// listing is a log in words: its segments, and how each begins.
func listing(l found) string {
	var b strings.Builder
	for i, n := range l.names {
		fmt.Fprintf(&b, "%s: %s", n, strings.Join(l.each[i][:min(3, len(l.each[i]))], ", "))
		if len(l.each[i]) > 3 {
			fmt.Fprintf(&b, ", … %d more", len(l.each[i])-3)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
