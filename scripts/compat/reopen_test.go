package compat

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	segments "example.com/logbook/chapters/02-segments"
	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

// reopen closes both logs, compares their files, and opens each on what the other
// wrote.
func (p *pair) reopen() error {
	p.note("Close()")
	if err := p.close(); err != nil {
		return err
	}
	log, etcds, err := p.logs()
	if err != nil {
		return err
	}
	if n, ok := backwards(log.names(".wal"), etcds.names(".wal")); ok && n > 0 {
		p.seen["W04"] += n
		etcds = renamed(etcds, log)
	}
	if d := differ(log, etcds); d != "" {
		return fmt.Errorf("logs: %s", d)
	}
	return p.swap(log, etcds)
}

// resync is reopen where etcd has just begun a segment without a hard state: that
// record, and nothing else, is what its log lacks. Both go on with ours.
func (p *pair) resync() error {
	p.note("Close()")
	if err := p.close(); err != nil {
		return err
	}
	log, etcds, err := p.logs()
	if err != nil {
		return err
	}
	if n, ok := backwards(log.names(".wal"), etcds.names(".wal")); ok && n > 0 {
		p.seen["W04"] += n
		etcds = renamed(etcds, log)
	}
	names := log.names(".wal")
	last := names[len(names)-1]
	short, whole := recordsOf(last, etcds[last]), recordsOf(last, log[last])
	if len(whole) != 3 || len(short) != 2 || !slices.Equal(whole[:2], short) {
		return fmt.Errorf("%s begins with %v in ours, with %v in etcd's: more than a hard state is missing", last, whole, short)
	}
	p.seen["W03"]++
	etcds[last] = log[last]
	if d := differ(log, etcds); d != "" {
		return fmt.Errorf("logs: %s", d)
	}
	return p.swap(log, log)
}

// logs returns the files of the two logs, which are closed.
func (p *pair) logs() (ours, etcds files, err error) {
	if ours, err = simFiles(p.sim, logDir); err == nil {
		etcds, err = realFiles(p.folder(logDir))
	}
	return ours, etcds, err
}

// renamed returns etcd's files under our names.
func renamed(etcds, ours files) files {
	names, under := files{}, ours.names(".wal")
	for _, name := range etcds.names("") {
		b := etcds[name]
		if strings.HasSuffix(name, ".wal") {
			name, under = under[0], under[1:]
		}
		names[name] = b
	}
	return names
}

// recordsOf returns the records of a segment, each as a text.
func recordsOf(name string, b []byte) []string {
	sim, err := simOf(files{name: b}, nil)
	if err != nil {
		return []string{err.Error()}
	}
	var texts []string
	for r, err := range segments.Read(sim, logDir) {
		if err != nil {
			return append(texts, err.Error())
		}
		texts = append(texts, fmt.Sprintf("%d %08x %x", r.Type, r.CRC, r.Data))
	}
	return texts
}

// swap exchanges the files of the two, which are the same, reads them in every
// way, and opens both logs again.
func (p *pair) swap(log, etcds files) error {
	snaps, err := simFiles(p.sim, snapDir)
	if err != nil {
		return err
	}
	theirs, err := realFiles(p.folder(snapDir))
	if err != nil {
		return err
	}
	if d := differ(snaps, theirs); d != "" {
		return fmt.Errorf("snapshot files: %s", d)
	}
	if p.sim, err = simOf(etcds, theirs); err != nil {
		return err
	}
	if err := errors.Join(putReal(p.folder(logDir), log), putReal(p.folder(snapDir), snaps)); err != nil {
		return err
	}
	starts := p.starts()
	at := starts[p.rng.IntN(len(starts))]
	p.note("the other's files: Open(index %d, term %d), ReadAll()", at.GetIndex(), at.GetTerm())
	if err := p.readers(at); err != nil {
		return err
	}
	return p.open(at)
}

// readers asks all who only read.
func (p *pair) readers(at *raftpb.SnapshotMetadata) error {
	dir := p.folder(logDir)
	state, err := wal.Verify(nil, dir, record(at))
	if err := told("etcd's Verify", err, only(p.hardState()), only(state)); err != nil {
		return err
	}
	state, err = finalwal.Verify(dir, at, nil)
	if err := told("final/wal's Verify", err, only(p.hardState()), only(state)); err != nil {
		return err
	}
	w, err := finalwal.OpenForRead(dir, at, nil)
	if err != nil {
		return fmt.Errorf("final/wal's OpenForRead: %w", err)
	}
	metadata, state, ents, err := w.ReadAll()
	if err := p.result("final/wal", at, metadata, state, ents, errors.Join(err, w.Close())); err != nil {
		return err
	}
	w2, err := wal.OpenForRead(nil, dir, record(at))
	if err != nil {
		return fmt.Errorf("etcd's OpenForRead: %w", err)
	}
	metadata, state, ents, err = w2.ReadAll()
	w2.Close() // fails always, since it has no folder to close
	if err := p.etcdsResult(at, metadata, state, ents, err); err != nil {
		return err
	}
	return p.valid()
}

// valid compares which snapshots the logs call valid, and which one is loaded.
func (p *pair) valid() error {
	ours, err := p.kind.valid(p.sim)
	if err != nil {
		return err
	}
	etcds, err := wal.ValidSnapshotEntries(zap.NewNop(), p.folder(logDir))
	if err != nil {
		return err
	}
	finals, err := finalwal.ValidSnapshotEntries(p.folder(logDir), nil)
	if err != nil {
		return err
	}
	var converted []*raftpb.SnapshotMetadata
	for _, s := range etcds {
		converted = append(converted, &raftpb.SnapshotMetadata{Index: s.Index, Term: s.Term, ConfState: s.ConfState})
	}
	if err := told("ValidSnapshotEntries, ours and etcd's", nil, ours, converted); err != nil {
		return err
	}
	if err := told("ValidSnapshotEntries, ours and final/wal's", nil, ours, finals); err != nil {
		return err
	}
	a, errA := p.newest(p.sim)
	b, errB := snap.New(nil, p.folder(snapDir)).LoadNewestAvailable(etcds)
	c, errC := finalsnap.New(p.folder(snapDir), nil).LoadNewestAvailable(finals)
	if errA == nil && a == nil && errors.Is(errB, snap.ErrNoSnapshot) && errors.Is(errC, finalsnap.ErrNoSnapshot) {
		return nil
	}
	if err := errors.Join(errA, errB, errC); err != nil {
		return err
	}
	if err := told("the newest snapshot, ours and etcd's", nil, only(a), only(b)); err != nil {
		return err
	}
	return told("the newest snapshot, ours and final/snap's", nil, only(a), only(c))
}

// open opens both logs at a snapshot and reads them.
func (p *pair) open(at *raftpb.SnapshotMetadata) error {
	var err error
	if p.ours, err = p.kind.open(p.sim, at, p.size); err != nil {
		return err
	}
	metadata, state, ents, err := p.ours.ReadAll()
	if err := p.result("ours", at, metadata, state, ents, err); err != nil {
		return err
	}
	if p.etcd, err = wal.Open(nil, p.folder(logDir), record(at)); err != nil {
		return err
	}
	p.etcd.SetUnsafeNoFsync()
	metadata, state, ents, err = p.etcd.ReadAll()
	p.headless, p.opened, p.reached = true, at.GetIndex(), p.last()
	if err := p.etcdsResult(at, metadata, state, ents, err); err != nil || !p.abandoned {
		return err
	}
	p.abandoned = false
	return p.again(at)
}

// again is reopen where ours may have recorded its start once more, because a
// leader's snapshot was abandoned: that record, and nothing else, is what etcd's
// log lacks. Both go on with ours.
func (p *pair) again(at *raftpb.SnapshotMetadata) error {
	p.note("Close()")
	if err := p.close(); err != nil {
		return err
	}
	log, etcds, err := p.logs()
	if err != nil {
		return err
	}
	names := log.names(".wal")
	last := names[len(names)-1]
	switch more, want := added(last, log, etcds), p.starting(at); {
	case len(more) > 1 || len(more) == 1 && !slices.Contains(want, more[0]):
		return fmt.Errorf("%s: ours has more than its start, %s: %s", last, want, more)
	case len(more) == 1:
		p.seen["again"]++
		etcds[last] = log[last]
	}
	if n, ok := backwards(names, etcds.names(".wal")); ok && n > 0 {
		etcds = renamed(etcds, log)
	}
	if d := differ(log, etcds); d != "" {
		return fmt.Errorf("logs: %s", d)
	}
	return p.swap(log, log)
}

// result compares what a reader returned with what was saved.
func (p *pair) result(who string, at *raftpb.SnapshotMetadata, metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) error {
	if !bytes.Equal(metadata, p.metadata) {
		return fmt.Errorf("%s: metadata is %q, was %q", who, metadata, p.metadata)
	}
	if err := told(who+", the hard state", err, only(p.hardState()), only(state)); err != nil {
		return err
	}
	return told(who+", the entries", nil, p.behind(at.GetIndex()), ents)
}

// etcdsResult is result for etcd, which may bring back entries that were
// overwritten, behind those that count (W02).
func (p *pair) etcdsResult(at *raftpb.SnapshotMetadata, metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) error {
	if want := len(p.behind(at.GetIndex())); len(ents) > want {
		p.seen["W02"]++
		ents = ents[:want]
	}
	return p.result("etcd", at, metadata, state, ents, err)
}

// told compares a result with what is wanted.
func told[M proto.Message](what string, err error, want, got []M) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if diff := cmp.Diff(words(want), words(got)); diff != "" {
		return fmt.Errorf("%s mismatch (-want +got):\n%s", what, diff)
	}
	return nil
}

// words writes messages with their exact bytes, long ones shortened to a checksum:
// a comparison of two long texts takes very long.
func words[M proto.Message](messages []M) []string {
	var texts []string
	for _, m := range messages {
		b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
		text := fmt.Sprintf("%x", b)
		if len(b) > 64 {
			text = fmt.Sprintf("%x… (%d bytes, %08x)", b[:64], len(b), crc32.ChecksumIEEE(b))
		}
		texts = append(texts, fmt.Sprint(text, err))
	}
	return texts
}

// only is a message and no other.
func only[M any](m M) []M { return []M{m} }

// namesOf returns the names of a real folder's segments, in order.
func namesOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".wal") {
			names = append(names, e.Name())
		}
	}
	return names, err
}
