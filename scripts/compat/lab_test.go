package compat

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	segments "example.com/logbook/chapters/02-segments"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

// lab is where a difference is shown, between etcd and a kind of ours.
type lab struct {
	kind
	t    *testing.T
	size int64
}

// segment sets the size of segments for both.
func (l *lab) segment(size int64) { l.size, wal.SegmentSizeBytes = size, size }

// saver is either log.
type saver interface {
	Save(*raftpb.HardState, []*raftpb.Entry) error
	SaveSnapshot(*raftpb.SnapshotMetadata) error
}

// etcdLog is etcd's log with raft's own position of a snapshot.
type etcdLog struct{ *wal.WAL }

func (w etcdLog) SaveSnapshot(m *raftpb.SnapshotMetadata) error { return w.WAL.SaveSnapshot(record(m)) }

// must ends the test.
func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// calls makes the same calls of a new log of either kind, closes it, and returns
// how they ended, and the files.
func (l *lab) calls(make func(saver) error) (etcd, ours outcome) {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), logDir)
	w, err := wal.Create(nil, dir, []byte("md"))
	l.must(err)
	etcd.told = ending(safely(func() error { return make(etcdLog{w}) }))
	l.must(w.Close())
	etcd.files, err = realFiles(dir)
	l.must(err)

	sim := disk.NewSim()
	o, err := l.create(sim, []byte("md"), l.size)
	l.must(err)
	ours.told = ending(safely(func() error { return make(o) }))
	l.must(o.Close())
	ours.files, err = simFiles(sim, logDir)
	l.must(err)
	return etcd, ours
}

// outcome is how calls ended, and the log that they left.
type outcome struct {
	told  string
	files files
}

// log makes a log of calls that both agree on.
func (l *lab) log(make func(saver) error) files {
	l.t.Helper()
	etcd, ours := l.calls(make)
	if d := differ(ours.files, etcd.files); ours.told != "fine" || etcd.told != "fine" || d != "" {
		l.t.Fatalf("the logs are to be the same: etcd %s, ours %s; %s", etcd.told, ours.told, d)
	}
	return ours.files
}

// etcd opens a log with etcd and returns what it reads.
func (l *lab) etcd(f files, at *raftpb.SnapshotMetadata) string {
	l.t.Helper()
	text, _ := l.etcdAnd(f, at, nil)
	return text
}

// etcdAnd is etcd, goes on to write, and returns the files too.
func (l *lab) etcdAnd(f files, at *raftpb.SnapshotMetadata, more func(*wal.WAL) error) (text string, after files) {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), logDir)
	l.must(putReal(dir, f))
	err := safely(func() error {
		w, err := wal.Open(nil, dir, record(at))
		if err != nil {
			return err
		}
		defer w.Close()
		_, state, ents, err := w.ReadAll()
		text = read(state, ents)
		if err == nil && more != nil {
			err = more(w)
		}
		return err
	})
	if err != nil {
		text = ending(err)
	}
	after, err = realFiles(dir)
	l.must(err)
	return text, after
}

// ours is etcd with ours.
func (l *lab) ours(f files, at *raftpb.SnapshotMetadata) string {
	l.t.Helper()
	text, _ := l.oursAnd(f, at, nil)
	return text
}

func (l *lab) oursAnd(f files, at *raftpb.SnapshotMetadata, more func(ourLog) error) (text string, after files) {
	l.t.Helper()
	sim, err := simOf(f, nil)
	l.must(err)
	err = safely(func() error {
		w, err := l.open(sim, at, l.size)
		if err != nil {
			return err
		}
		defer w.Close()
		_, state, ents, err := w.ReadAll()
		text = read(state, ents)
		if err == nil && more != nil {
			err = more(w)
		}
		return err
	})
	if err != nil {
		text = ending(err)
	}
	after, err = simFiles(sim, logDir)
	l.must(err)
	return text, after
}

// verify asks etcd's Verify.
func (l *lab) verify(f files) string {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), logDir)
	l.must(putReal(dir, f))
	_, err := wal.Verify(nil, dir, &walpb.Snapshot{})
	return ending(err)
}

// etcdRepairs repairs with etcd, and reads.
func (l *lab) etcdRepairs(f files) string {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), logDir)
	l.must(putReal(dir, f))
	if !wal.Repair(nil, dir) {
		return "refused"
	}
	after, err := realFiles(dir)
	l.must(err)
	return "repaired: " + l.etcd(after, nil)
}

// oursRepairs is etcdRepairs with ours.
func (l *lab) oursRepairs(f files) string {
	l.t.Helper()
	sim, err := simOf(f, nil)
	l.must(err)
	if err := l.repair(sim); err != nil {
		return ending(err)
	}
	after, err := simFiles(sim, logDir)
	l.must(err)
	return "repaired: " + l.ours(after, nil)
}

// loads loads the newest snapshot of a folder with either, and tells which of the
// files are still there.
func (l *lab) loads(f files) (etcd, ours string) {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), snapDir)
	l.must(putReal(dir, f))
	s, err := snap.New(zap.NewNop(), dir).Load()
	left, errLeft := realFiles(dir)
	l.must(errLeft)
	etcd = loaded(s, err, left)
	sim, err := simOf(nil, f)
	l.must(err)
	s, err = l.snaps(sim).Load()
	left, errLeft = simFiles(sim, snapDir)
	l.must(errLeft)
	return etcd, loaded(s, err, left)
}

func loaded(s *raftpb.Snapshot, err error, left files) string {
	text := fmt.Sprintf("index %d", s.GetMetadata().GetIndex())
	if err != nil {
		text = ending(err)
	}
	if n := len(left.names(".broken")); n > 0 {
		text += fmt.Sprintf(", %d set aside", n)
	}
	return text
}

// safely makes a panic an error.
func safely(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errPanic
		}
	}()
	return call()
}

var errPanic = errors.New("panic")

// ending is an error in a word.
func ending(err error) string {
	for _, kind := range []struct {
		err  error
		word string
	}{
		{nil, "fine"}, {errPanic, "panic"},
		{snapshots.ErrSliceOutOfRange, "entries missing"}, {finalwal.ErrSliceOutOfRange, "entries missing"}, {wal.ErrSliceOutOfRange, "entries missing"},
		{snapshots.ErrRefused, "refused"}, {finalwal.ErrRefused, "refused"}, {finalwal.ErrExist, "refused"}, {finalsnap.ErrRefused, "refused"},
		{finalwal.ErrSnapshotNotFound, "not recorded"}, {finalwal.ErrNotRead, "not read yet"}, {disk.ErrLocked, "locked"}, {fileutil.ErrLocked, "locked"},
		{finalwal.ErrTorn, "torn"}, {finalwal.ErrSequence, "a gap"}, {finalsnap.ErrNoSnapshot, "none"}, {finalwal.ErrCorrupt, "corrupt"},
		{snapshots.ErrSnapshotNotFound, "not recorded"}, {wal.ErrSnapshotNotFound, "not recorded"},
		{snapshots.ErrNotRead, "not read yet"},
		{segments.ErrTorn, "torn"}, {io.ErrUnexpectedEOF, "torn"},
		{segments.ErrCorrupt, "corrupt"}, {wal.ErrCRCMismatch, "checksum mismatch"},
		{snapshots.ErrNoSnapshot, "none"}, {snap.ErrNoSnapshot, "none"},
		{os.ErrExist, "refused"},
	} {
		if errors.Is(err, kind.err) {
			return kind.word
		}
	}
	if strings.Contains(err.Error(), "openAtIndex") {
		return "cannot be opened"
	}
	return "error: " + err.Error()
}

// read is what was read, in words.
func read(state *raftpb.HardState, ents []*raftpb.Entry) string {
	text := fmt.Sprintf("state %d/%d/%d, entries", state.GetTerm(), state.GetVote(), state.GetCommit())
	if len(ents) == 0 {
		return text + " none"
	}
	for i := 0; i < len(ents); {
		first := ents[i]
		for i < len(ents) && ents[i].GetTerm() == first.GetTerm() {
			i++
		}
		text += fmt.Sprintf(" %d-%d of term %d,", first.GetIndex(), ents[i-1].GetIndex(), first.GetTerm())
	}
	return strings.TrimSuffix(text, ",")
}

// hs, run and meta make what is saved.
func hs(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: &vote, Commit: &commit}
}

func run(term, first, last uint64) []*raftpb.Entry { return sized(term, first, last, 100) }

func sized(term, first, last uint64, size int) []*raftpb.Entry {
	var ents []*raftpb.Entry
	for i := first; i <= last; i++ {
		ents = append(ents, &raftpb.Entry{Term: new(term), Index: new(i), Data: []byte(strings.Repeat("x", size))})
	}
	return ents
}

func meta(index, term uint64) *raftpb.SnapshotMetadata {
	return &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1}}}
}

func mustMarshal(l *lab, m proto.Message) []byte {
	l.t.Helper()
	b, err := proto.Marshal(m)
	l.must(err)
	return b
}

func crcUpdate(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }
