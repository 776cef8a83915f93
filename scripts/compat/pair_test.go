package compat

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"

	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

// pair is one node that keeps two logs by the same calls: ours on a simulated
// disk, etcd's in a real folder.
type pair struct {
	*node
	kind

	sim  *disk.Sim
	ours ourLog

	dir  string
	etcd *wal.WAL

	size     int64
	metadata []byte

	// did are the calls, which a failure shows.
	did []string

	// seen counts the expected differences, by id.
	seen map[string]int

	// headless is set from a reopening on, until a hard state is saved: a segment
	// of etcd's that begins meanwhile has none (W03).
	headless bool

	// reached is the index of the last entry, or of a snapshot beyond it: it
	// names the next segment, unless the last one's name is higher.
	reached uint64

	// opened is the index at which the logs were opened last.
	opened uint64

	// abandoned is set from where a leader's snapshot was recorded and not
	// committed, until both logs were opened again.
	abandoned bool
}

// newPair creates both logs. dir is an empty folder; size is that of a segment.
func newPair(k kind, seed uint64, dir string, size int64) (*pair, error) {
	rng := rand.New(rand.NewPCG(seed, seed))
	p := &pair{node: newNode(rng), kind: k, dir: dir, size: size, seen: map[string]int{}}
	if !p.one(8) {
		p.metadata = p.bytes()
	}
	p.note("Create(%d bytes of metadata), segments of %d bytes", len(p.metadata), size)
	var err error
	if p.sim, err = simOf(nil, files{}); err != nil {
		return nil, err
	}
	if p.ours, err = p.create(p.sim, p.metadata, size); err != nil {
		return nil, err
	}
	if err = putReal(p.folder(snapDir), files{}); err != nil {
		return nil, err
	}
	if p.etcd, err = wal.Create(nil, p.folder(logDir), p.metadata); err != nil {
		return nil, err
	}
	p.etcd.SetUnsafeNoFsync() // writes the same bytes
	return p, nil
}

func (p *pair) folder(name string) string { return filepath.Join(p.dir, name) }
func (p *pair) note(format string, args ...any) {
	p.did = append(p.did, fmt.Sprintf(format, args...))
}

// close closes what is open; for the end of a sequence.
func (p *pair) close() error {
	var err error
	if p.ours != nil {
		err = p.ours.Close()
	}
	if p.etcd != nil {
		err = errors.Join(err, p.etcd.Close())
	}
	p.ours, p.etcd = nil, nil
	return err
}

// run makes a sequence of calls, and compares all along.
func (p *pair) run() error {
	for range 5 + p.rng.IntN(40) {
		if err := p.step(); err != nil {
			return err
		}
	}
	return p.reopen()
}

// step makes one call, or a few that belong together.
func (p *pair) step() error {
	if log, ok := p.ours.(preparer); ok && p.one(12) {
		p.note("Prepare()")
		if err := log.Prepare(); err != nil {
			return err
		}
	}
	switch n := p.rng.IntN(100); {
	case n < 40:
		return p.save(p.appends())
	case n < 55:
		return p.save(p.overwrites())
	case n < 75:
		return p.save(p.commits())
	case n < 85:
		if s := p.own(); s != nil {
			p.took(s.GetMetadata(), false)
			return p.snapshot(s)
		}
		return nil
	case n < 89:
		s, commit := p.leaders()
		if p.forgets && p.state != nil && p.one(3) {
			return p.abandon(s)
		}
		if err := p.snapshot(s); err != nil {
			return err
		}
		p.took(s.GetMetadata(), true)
		return p.save(commit)
	case n < 93:
		return p.release()
	}
	return p.reopen()
}

// save makes a call of Save.
func (p *pair) save(s save) error {
	p.note("%v", s)
	before, err := p.segments()
	if err != nil {
		return err
	}
	theirs := s.clone()
	if err := p.same("Save", p.ours.Save(s.state, s.ents), p.etcd.Save(theirs.state, theirs.ents)); err != nil {
		return err
	}
	known := p.state != nil
	p.saved(s)
	after, err := p.segments()
	if err != nil {
		return err
	}
	if s.state != nil {
		p.headless = false
	}
	if n := len(s.ents); n > 0 {
		p.reached = s.ents[n-1].GetIndex()
	}
	if err := p.named(before, after); err != nil {
		return err
	}
	if len(after) > len(before) && p.headless && known {
		return p.resync()
	}
	return nil
}

// named checks the name of a segment that a Save has begun; etcd's may be another
// (W04), so it is no help.
func (p *pair) named(before, after []string) error {
	if len(after) == len(before) {
		return nil
	}
	seq, index, _ := segments.ParseName(before[len(before)-1])
	if want := segments.FormatName(seq+1, max(index, p.reached+1)); after[len(after)-1] != want {
		return fmt.Errorf("the new segment is %s, want %s", after[len(after)-1], want)
	}
	return nil
}

// snapshot saves a snapshot's file, then its record.
func (p *pair) snapshot(s *raftpb.Snapshot) error {
	m := s.GetMetadata()
	p.note("SaveSnap and SaveSnapshot(index %d, term %d), %d bytes", m.GetIndex(), m.GetTerm(), len(s.GetData()))
	if err := p.same("SaveSnap", p.snaps(p.sim).SaveSnap(s), snap.New(nil, p.folder(snapDir)).SaveSnap(s)); err != nil {
		return err
	}
	if err := p.same("SaveSnapshot", p.ours.SaveSnapshot(m), p.etcd.SaveSnapshot(record(m))); err != nil {
		return err
	}
	p.reached, p.highest = max(p.reached, m.GetIndex()), max(p.highest, m.GetIndex())
	return nil
}

// abandon ends the process between the record of a leader's snapshot and the Save
// that is to commit it: the node goes on without the snapshot.
func (p *pair) abandon(s *raftpb.Snapshot) error {
	p.forgot(s.GetMetadata())
	if err := p.snapshot(s); err != nil {
		return err
	}
	p.abandoned = true
	return p.reopen()
}

// record is a snapshot's position as etcd's log takes it.
func record(m *raftpb.SnapshotMetadata) *walpb.Snapshot {
	if m == nil {
		return &walpb.Snapshot{}
	}
	return &walpb.Snapshot{Index: m.Index, Term: m.Term, ConfState: m.ConfState}
}

// release gives up the segments before a snapshot and removes them. What ours
// removes etcd must have given up, and hold everything else.
func (p *pair) release() error {
	starts := p.starts()
	if len(starts) == 0 {
		return nil
	}
	index := starts[p.rng.IntN(len(starts))].GetIndex()
	before, err := p.segments()
	if err != nil || index < p.opened || index == 0 {
		return err
	}
	theirs, err := namesOf(p.folder(logDir))
	if err != nil || !slices.Equal(before, theirs) {
		return err // etcd goes by other names (W04)
	}
	p.note("ReleaseLockTo(%d), Purge()", index)
	if err := p.same("ReleaseLockTo", errors.Join(p.ours.ReleaseLockTo(index), p.ours.Purge()), p.etcd.ReleaseLockTo(index)); err != nil {
		return err
	}
	p.floor = max(p.floor, index)
	for _, name := range before {
		if err := p.purge(name); err != nil {
			return err
		}
	}
	_, err = p.segments()
	return err
}

// purge does for etcd what its server does in the background: it removes a segment
// if it is not locked. Those that etcd has not opened never are.
func (p *pair) purge(name string) error {
	_, err := p.sim.Stat(path.Join(logDir, name))
	kept := err == nil
	l, err := fileutil.TryLockFile(filepath.Join(p.folder(logDir), name), os.O_WRONLY, disk.FileMode)
	switch {
	case errors.Is(err, fileutil.ErrLocked) && kept:
		return nil
	case err != nil:
		return fmt.Errorf("%s: ours has given it up; etcd: %w", name, err)
	case kept:
		if _, index, _ := segments.ParseName(name); index > p.opened {
			err = fmt.Errorf("%s: ours still holds it, etcd does not", name)
		}
		return errors.Join(err, l.Close())
	}
	return errors.Join(l.Close(), os.Remove(l.Name()))
}

// same fails if one call failed and the other did not, or if both did: the node
// makes no call that a log may refuse.
func (p *pair) same(call string, ours, etcds error) error {
	if ours != nil || etcds != nil {
		return fmt.Errorf("%s: ours: %v; etcd: %v", call, ours, etcds)
	}
	return nil
}

// segments returns the names of our segments, after comparing them with etcd's.
func (p *pair) segments() ([]string, error) {
	entries, err := p.sim.List(logDir)
	if err != nil {
		return nil, err
	}
	var ours []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".wal") {
			ours = append(ours, e.Name())
		}
	}
	theirs, err := namesOf(p.folder(logDir))
	if err != nil {
		return nil, err
	}
	if _, ok := backwards(ours, theirs); !ok {
		return nil, fmt.Errorf("segments: ours %v, etcd's %v", ours, theirs)
	}
	return ours, nil
}

// backwards compares the names of two logs. They may differ in the index only, and
// etcd's is then the lower (W04); count says how many do.
func backwards(ours, etcds []string) (count int, ok bool) {
	if len(ours) != len(etcds) {
		return 0, false
	}
	for i := range ours {
		switch strings.Compare(ours[i], etcds[i]) {
		case 1:
			count++
			if ours[i][:17] != etcds[i][:17] {
				return 0, false
			}
		case -1:
			return 0, false
		}
	}
	return count, true
}
