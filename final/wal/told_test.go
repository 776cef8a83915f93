package wal_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// warned is quiet with a logger, and what it was told from the level Warn on.
func warned(fsys disk.FS) (*wal.Options, *bytes.Buffer) {
	var b bytes.Buffer
	opts := quiet(fsys, 0)
	opts.Logger = slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return opts, &b
}

// start opens a log as a node does.
func start(t *testing.T, opts *wal.Options, snap *raftpb.SnapshotMetadata) {
	t.Helper()
	_, err := wal.ValidSnapshotEntries(folderName, opts)
	must(t, err)
	w, err := wal.Open(folderName, snap, opts)
	must(t, err)
	_, _, _, err = w.ReadAll()
	must(t, err)
	must(t, w.Close())
}

// TestOldDamageIsTold: damage before the segment that a node starts in is told of, and stops nothing. Damage that the newest snapshot does not lie behind
// is left to the error of the start.
func TestOldDamageIsTold(t *testing.T) {
	t.Parallel()
	for index, harmless := range map[uint64]bool{70: true, 50: false, 20: false} {
		b := newBuild([]byte("md"))
		for i := uint64(1); i <= 100; i++ {
			b.save(hs(1, 1, i-1), ent(i, 1, 100))
			if i%25 == 0 && i < 100 {
				b.cut()
			}
		}
		m := b.snapshot(index, 1).files()
		m[m.names()[1]][500] ^= 1
		opts, told := warned(onDisk(t, m))
		_, err := wal.ValidSnapshotEntries(folderName, opts)
		must(t, err)
		if got := told.String(); strings.Contains(got, "loses nothing") != harmless {
			t.Errorf("snapshot %d, and damage among the entries 26 to 50: it is told %q", index, got)
		}
		w, err := wal.Open(folderName, at(index, 1), opts)
		must(t, err)
		if _, _, _, err := w.ReadAll(); (err == nil) != harmless {
			t.Errorf("opened at snapshot %d: %v", index, err)
		}
		must(t, w.Close())
	}
}

// TestTornTailIsToldOnce: a start reads a torn log twice, and cuts it once. A log that ends well is not told of, however short its last file is.
func TestTornTailIsToldOnce(t *testing.T) {
	t.Parallel()
	m, _, _ := torn()
	opts, told := warned(onDisk(t, m))
	start(t, opts, nil)
	if got := told.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "cut the torn end") {
		t.Errorf("a start on a torn log warns:\n%swant one line", got)
	}
	told.Reset()
	start(t, opts, nil)
	b := newBuild([]byte("md")).save(hs(1, 1, 0), ents(1, 3, 1)...)
	short := b.files()
	short[b.name] = short[b.name][:b.size()]
	opts.FS = onDisk(t, short)
	start(t, opts, nil)
	if told.Len() > 0 {
		t.Errorf("a start on a log without damage warns:\n%s", told)
	}
}

// TestUncommittedStartIsTold: raft panics on a commit before its snapshot.
func TestUncommittedStartIsTold(t *testing.T) {
	t.Parallel()
	m := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 5, 1)...).snapshot(3, 1).snapshot(100, 2).files()
	opts, told := warned(onDisk(t, m))
	start(t, opts, at(3, 1))
	if told.Len() > 0 {
		t.Errorf("a start at a committed snapshot warns:\n%s", told)
	}
	opts.FS = onDisk(t, m)
	start(t, opts, at(100, 2))
	if got := told.String(); strings.Count(got, "level=WARN") != 1 || !strings.Contains(got, "snapshot=100 commit=3") {
		t.Errorf("a start at an uncommitted snapshot warns:\n%swant one line with snapshot=100 commit=3", got)
	}
}

// TestRemedies: an error says what to do, once, and what helps.
func TestRemedies(t *testing.T) {
	t.Parallel()
	late := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 5, 1)...).snapshot(3, 1).cut().save(hs(1, 1, 5), ents(6, 7, 1)...).files()
	delete(late, late.names()[0])
	for _, snap := range []*raftpb.SnapshotMetadata{nil, at(0, 0), at(3, 1)} {
		_, _, _, err := openedAt(late, snap)
		if err == nil || !strings.Contains(err.Error(), "restore the file of that if it is missing") {
			t.Errorf("a log that begins at 6, opened at %v: %v, want what to do about the snapshot's file", snap, err)
		}
	}
	end := late.names()[0]
	late[end] = late[end][:106] // inside its second entry
	if _, _, _, err := openedAt(late, nil); err == nil || !strings.Contains(err.Error(), end+" is torn at offset") {
		t.Errorf("a log that begins at 6, and is torn: %v, want both", err)
	}
	file := filepath.Join(t.TempDir(), "wal")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct{ name, says string }{{file, "nothing is known about the log"}, {file + ".gone", "check the path"}} {
		_, err := wal.Open(c.name, nil, nil)
		_, errRead := wal.Verify(c.name, nil, nil)
		if err == nil || errRead == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(errRead.Error(), c.says) {
			t.Errorf("a log at %s: %v, %v, want that it says %q", c.name, err, errRead, c.says)
		}
	}
	if _, err := wal.Exist(file, nil); err == nil || !strings.HasPrefix(err.Error(), "wal: "+file+": ") {
		t.Errorf("Exist() of a file = %v, want an error with the folder's name", err)
	}
	foreign := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 5, 1)...).cut().files()
	other := newBuild([]byte("other")).save(hs(1, 1, 3), ents(1, 5, 1)...).cut().files()
	foreign[foreign.names()[1]] = other[other.names()[1]]
	_, _, _, err := openedAt(foreign, nil)
	if !errors.Is(err, wal.ErrMetadataConflict) || strings.Contains(err.Error(), "replace this member") {
		t.Errorf("a segment of another log: %v, want only that it is to be moved away", err)
	}
}

// TestLimitIsTold: who meets the limit of a file's size is told of it, which "file too large" alone does not.
func TestLimitIsTold(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	w := create(t, sim, 0)
	sim.Inject(disk.Fault{Ops: disk.OpWrite, Err: syscall.EFBIG})
	if err := w.Save(hs(1, 1, 0), ents(1, 1, 1)); !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "ulimit -f") {
		t.Errorf("Save() = %v, want what to do about the limit", err)
	}
	w.Close()
}

// openedAt opens an image for reading and reads it.
func openedAt(m image, snap *raftpb.SnapshotMetadata) (metadata []byte, state *raftpb.HardState, ents []*raftpb.Entry, err error) {
	w, err := wal.OpenForRead(".", snap, &wal.Options{FS: m})
	if err != nil {
		return nil, nil, nil, err
	}
	defer w.Close()
	return w.ReadAll()
}

// TestEtcdsSpareGoes: the file that etcd makes ahead every other time would never be used here, nor removed. Anything else of that name is not touched.
func TestEtcdsSpareGoes(t *testing.T) {
	t.Parallel()
	m := newBuild([]byte("md")).save(hs(1, 1, 0), ents(1, 3, 1)...).files()
	sim := onDisk(t, m)
	put(t, sim, folderName+"/1.tmp", make([]byte, 4096))
	opts, told := warned(sim)
	_, err := wal.ValidSnapshotEntries(folderName, opts)
	must(t, err)
	if _, err := sim.Stat(folderName + "/1.tmp"); err != nil {
		t.Errorf("who only reads has removed it: %v", err)
	}
	start(t, opts, nil)
	if _, err := sim.Stat(folderName + "/1.tmp"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Stat(1.tmp) behind a start = %v, want that it is gone", err)
	}
	must(t, sim.Mkdir(folderName+"/1.tmp", disk.DirMode))
	start(t, opts, nil)
	if _, err := sim.Stat(folderName + "/1.tmp"); err != nil || told.Len() > 0 {
		t.Errorf("a folder of that name: %v, told %q", err, told)
	}
	must(t, sim.Remove(folderName+"/1.tmp"))
	put(t, sim, folderName+"/1.tmp", nil)
	sim.Inject(disk.Fault{Ops: disk.OpRemove, Err: errors.New("no")})
	start(t, opts, nil)
	if !strings.Contains(told.String(), "cannot be removed") {
		t.Errorf("told %q, want that the file stays", told)
	}
}

// TestSaveSnapshotOfNone: a Ready without a snapshot has nothing to record, and the caller is told so.
func TestSaveSnapshotOfNone(t *testing.T) {
	t.Parallel()
	w := create(t, disk.NewSim(), 0)
	for _, m := range []*raftpb.SnapshotMetadata{nil, {}, {ConfState: &raftpb.ConfState{}}} {
		if err := w.SaveSnapshot(m); !errors.Is(err, wal.ErrRefused) || !strings.Contains(err.Error(), "only for one that was saved") {
			t.Errorf("SaveSnapshot(%v) = %v, want ErrRefused that says when to call it", m, err)
		}
	}
	must(t, w.Close())
}

// TestMisnamed: a segment whose name says that it begins behind entries which the log before it does not have was renamed. The error says what to call it,
// and that cures it. A name that is too low cannot be told from etcd's own. W04
func TestMisnamed(t *testing.T) {
	t.Parallel()
	b := newBuild([]byte("md")).save(hs(1, 1, 3), ents(1, 5, 1)...).save(hs(2, 1, 3), ent(4, 2)) // the fifth is overwritten: the name may count it
	b.cut().save(hs(2, 1, 4), ents(5, 9, 2)...).snapshot(7, 2)
	second := b.name
	good := b.cut().save(hs(2, 1, 9), ents(10, 12, 2)...).files()
	third := b.name
	for _, c := range []struct {
		from, to string
		call     string // what it is to be called, "" if nobody can tell
	}{
		{second, "0000000000000001-0000000000000007.wal", "0000000000000001-0000000000000006.wal"},
		{second, "0000000000000001-0000000000000006.wal", ""},
		{second, "0000000000000001-0000000000000001.wal", ""},
		{third, "0000000000000002-0000000000009999.wal", third},
		{third, "0000000000000002-ffffffffffffffff.wal", third},
	} {
		m := maps.Clone(good)
		m[c.to] = m[c.from]
		delete(m, c.from)
		for what, err := range map[string]error{"ReadAll": read(t, m, nil).err, "Verify": verified(m), "ValidSnapshotEntries": valid(m)} {
			switch {
			case c.call == "":
				if err != nil {
					t.Errorf("%s(), %s called %s: %v, want nil", what, c.from, c.to, err)
				}
			case !errors.Is(err, wal.ErrCorrupt) || !errors.Is(err, wal.ErrMisnamed) || !strings.HasSuffix(err.Error(), "call it "+c.call+" again; nothing was changed"):
				t.Errorf("%s(), %s called %s: %v, want ErrMisnamed with %s", what, c.from, c.to, err, c.call)
			}
		}
		if c.call != "" && c.call != c.to {
			m[c.call] = m[c.to]
			delete(m, c.to)
			if r := read(t, m, nil); r.err != nil || len(r.ents) != 12 {
				t.Errorf("%s called %s again: ReadAll() = %v, %v", c.to, c.call, indexes(r.ents), r.err)
			}
		}
	}
}

// verified returns what Verify says.
func verified(m image) error {
	_, err := wal.Verify(".", nil, &wal.Options{FS: m})
	return err
}

// valid returns what ValidSnapshotEntries says.
func valid(m image) error {
	_, err := wal.ValidSnapshotEntries(".", &wal.Options{FS: m})
	return err
}
