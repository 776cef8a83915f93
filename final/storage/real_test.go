package storage_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"go.etcd.io/raft/v3"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/snap"
	"example.com/logbook/final/storage"
	"example.com/logbook/final/wal"
)

// TestEtcds: raft takes what a start on each of etcd's directories gives, and goes on.
func TestEtcds(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := fixtures.Unpack(t, name)
			s, err := storage.Open(dir, nil, &storage.Options{MustExist: true, WAL: wal.Options{AllowShared: true, NoBackground: true}, Snap: snap.Options{AllowShared: true}})
			must(t, err)
			defer s.WAL.Close()
			memory := raft.NewMemoryStorage()
			if s.Snapshot != nil {
				must(t, memory.ApplySnapshot(s.Snapshot))
			}
			must(t, errors.Join(memory.SetHardState(s.HardState), memory.Append(s.Entries)))
			node, err := raft.NewRawNode(&raft.Config{ID: 1, ElectionTick: 10, HeartbeatTick: 1, Storage: memory, MaxSizePerMsg: 1 << 20, MaxInflightMsgs: 10})
			must(t, err)
			if got, want := node.BasicStatus().HardState.GetCommit(), s.HardState.GetCommit(); got != want || want == 0 || want < s.Snapshot.GetMetadata().GetIndex() {
				t.Errorf("raft begins at commit %d, want %d", got, want)
			}
		})
	}
}

// TestRealFolder: the same on a real disk, whose folders may be links; one that leads nowhere is a disk that is not mounted, and no new node.
func TestRealFolder(t *testing.T) {
	t.Parallel()
	dir, elsewhere := filepath.Join(t.TempDir(), "node"), t.TempDir()
	opts := &storage.Options{WAL: wal.Options{SegmentSize: 4096}}
	s, err := storage.Open(dir, []byte("node 1"), opts)
	must(t, err)
	must(t, s.WAL.Save(hs(1, 1, 0), run(1, 1, 3)))
	must(t, s.Snap.SaveSnap(taken(2, 1)))
	must(t, errors.Join(s.WAL.SaveSnapshot(taken(2, 1).Metadata), s.WAL.Save(hs(1, 1, 3), nil), s.WAL.Close()))
	for _, name := range []string{"wal", "snap"} {
		must(t, os.Rename(filepath.Join(dir, name), filepath.Join(elsewhere, name)))
		if err := os.Symlink(filepath.Join(elsewhere, name), filepath.Join(dir, name)); err != nil {
			t.Skipf("this file system has no links: %v", err)
		}
	}
	s, err = storage.Open(dir, nil, opts)
	must(t, err)
	if s.New || s.Snapshot.GetMetadata().GetIndex() != 2 || len(s.Entries) != 1 {
		t.Errorf("Open() = new %v, snapshot %v, %d entries, want snapshot 2 and one entry", s.New, s.Snapshot.GetMetadata(), len(s.Entries))
	}
	must(t, s.WAL.Close())
	if runtime.GOOS != "windows" {
		must(t, os.Chmod(filepath.Join(elsewhere, "snap"), 0o750))
		if s, err := storage.Open(dir, nil, opts); s != nil || !errors.Is(err, snap.ErrShared) {
			t.Errorf("Open() with snap of mode 0750 = %v, %v, want ErrShared", s, err)
		}
		opts.Snap.AllowShared = true
		s, err = storage.Open(dir, nil, opts)
		must(t, err)
		must(t, s.WAL.Close())
		opts.Snap.AllowShared = false
	}
	must(t, errors.Join(os.RemoveAll(filepath.Join(elsewhere, "snap")), os.Remove(filepath.Join(dir, "wal"))))
	if s, err := storage.Open(dir, nil, opts); err == nil {
		t.Errorf("Open() with snap a link to nothing = %+v, want an error", s)
	}
	must(t, os.Remove(filepath.Join(dir, "snap")))
	must(t, os.WriteFile(filepath.Join(dir, "snap"), nil, 0o644))
	if s, err := storage.Open(dir, nil, opts); err == nil || errors.Is(err, snap.ErrShared) {
		t.Errorf("Open() with snap a file = %v, %v, want an error that says so", s, err)
	}
	must(t, os.Remove(filepath.Join(dir, "snap")))
	s, err = storage.Open(dir, nil, opts)
	must(t, err)
	must(t, s.WAL.Close())
}
