package storage_test

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/storage"
	"example.com/logbook/final/wal"
)

// must ends the test for an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hs returns a hard state, run entries of one term, and taken a snapshot.
func hs(term, vote, commit uint64) *raftpb.HardState {
	return &raftpb.HardState{Term: &term, Vote: &vote, Commit: &commit}
}

func run(term, first, last uint64) (ents []*raftpb.Entry) {
	for i := first; i <= last; i++ {
		ents = append(ents, &raftpb.Entry{Index: &i, Term: &term, Data: []byte("x")})
	}
	return ents
}

func taken(index, term uint64) *raftpb.Snapshot {
	return &raftpb.Snapshot{Data: []byte("state"), Metadata: &raftpb.SnapshotMetadata{Index: &index, Term: &term, ConfState: &raftpb.ConfState{Voters: []uint64{1}}}}
}

// options are those of a start on a simulated disk, and what the logger is told from Warn on.
func options(sim *disk.Sim) (*storage.Options, *bytes.Buffer) {
	var told bytes.Buffer
	return &storage.Options{
		FS: sim, Logger: slog.New(slog.NewTextHandler(&told, &slog.HandlerOptions{Level: slog.LevelWarn})),
		WAL: wal.Options{SegmentSize: 512, NoBackground: true},
	}, &told
}

// open starts a node, or ends the test.
func open(t testing.TB, opts *storage.Options) *storage.Storage {
	t.Helper()
	s, err := storage.Open("node", []byte("node 1"), opts)
	must(t, err)
	return s
}

// saved returns the disk of a node with 40 entries in several segments, and snapshots at 10 and 30.
func saved(t testing.TB) *disk.Sim {
	t.Helper()
	sim := disk.NewSim()
	opts, _ := options(sim)
	s := open(t, opts)
	for i := uint64(1); i <= 40; i++ {
		must(t, s.WAL.Save(hs(2, 1, i-1), run(2, i, i)))
		if i == 10 || i == 30 {
			must(t, s.Snap.SaveSnap(taken(i-1, 2)))
			must(t, s.WAL.SaveSnapshot(taken(i-1, 2).Metadata))
		}
	}
	must(t, s.WAL.Close())
	return sim
}

// The snapshots of saved.
const (
	older = "node/snap/0000000000000002-0000000000000009.snap"
	newer = "node/snap/0000000000000002-000000000000001d.snap"
)

// purged is saved with a log that begins behind the older snapshot.
func purged(t testing.TB) *disk.Sim {
	t.Helper()
	sim := saved(t)
	opts, _ := options(sim)
	s := open(t, opts)
	must(t, s.WAL.ReleaseLockTo(29))
	must(t, s.WAL.Purge())
	must(t, s.WAL.Close())
	return sim
}

// files returns what a disk holds, by name.
func files(t testing.TB, sim *disk.Sim) map[string]string {
	t.Helper()
	m := map[string]string{}
	var walk func(dir string)
	walk = func(dir string) {
		entries, err := sim.List(dir)
		must(t, err)
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if m[name] = "folder"; e.IsDir() {
				walk(name)
				continue
			}
			f, err := sim.Open(name, os.O_RDONLY, 0)
			must(t, err)
			size, err := f.Size()
			must(t, err)
			b := make([]byte, size)
			if size > 0 {
				_, err = f.ReadAt(b, 0)
				must(t, err)
			}
			m[name] = string(b)
			must(t, f.Close())
		}
	}
	walk(".")
	return m
}

// write writes a file over.
func write(t testing.TB, sim *disk.Sim, name, content string) {
	t.Helper()
	f, err := sim.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	must(t, err)
	_, err = f.WriteAt([]byte(content), 0)
	must(t, errors.Join(err, f.Close()))
}

// TestStarts: where a node goes on from, and what is told about it.
func TestStarts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sim         func(t testing.TB) *disk.Sim
		change      func(t testing.TB, sim *disk.Sim)
		at, entries int
		told        string // one warning, or ""
	}{
		"whole":  {sim: saved, at: 29, entries: 11},
		"purged": {sim: purged, at: 29, entries: 11},
		"newest_missing": {sim: saved, at: 9, entries: 31, told: newer, change: func(t testing.TB, sim *disk.Sim) {
			must(t, sim.Remove(newer))
		}},
		"newest_corrupt": {sim: saved, at: 9, entries: 31, told: "snapshot is passed over", change: func(t testing.TB, sim *disk.Sim) {
			write(t, sim, newer, "?")
		}},
		"folder_missing": {sim: saved, at: 0, entries: 40, told: newer, change: func(t testing.TB, sim *disk.Sim) {
			must(t, errors.Join(sim.Remove(older), sim.Remove(newer), sim.Remove("node/snap")))
		}},
		"not_recorded": {sim: saved, at: 29, entries: 11, told: "snapshot is not loaded", change: func(t testing.TB, sim *disk.Sim) {
			write(t, sim, "node/snap/0000000000000002-0000000000000028.snap", "?")
		}},
		"beyond": {sim: saved, at: 29, entries: 11, told: "beyond the log's last entry", change: func(t testing.TB, sim *disk.Sim) {
			write(t, sim, "node/snap/0000000000000002-0000000000000064.snap", "?")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := c.sim(t)
			if c.change != nil {
				c.change(t, sim)
			}
			opts, told := options(sim)
			s := open(t, opts)
			if got := s.Snapshot.GetMetadata().GetIndex(); got != uint64(c.at) || len(s.Entries) != c.entries || s.New || string(s.Metadata) != "node 1" || s.HardState.GetCommit() != 39 {
				t.Errorf("Open() = snapshot %d, %d entries, new %v, metadata %q, %v, want %d and %d", got, len(s.Entries), s.New, s.Metadata, s.HardState, c.at, c.entries)
			}
			if !strings.Contains(told.String(), c.told) || strings.Contains(told.String(), "beyond") != (name == "beyond") || c.told == "" && told.Len() > 0 {
				t.Errorf("the logger is told %q, want %q", told, c.told)
			}
			must(t, s.WAL.Save(hs(3, 1, 40), run(3, 41, 41)))
			must(t, s.WAL.Close())
		})
	}
}

// TestNew: a new node's log is there behind a loss of power, with the folder around it; and the next start is none of a new node.
func TestNew(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	opts, told := options(sim)
	s := open(t, opts)
	if !s.New || s.Snapshot != nil || len(s.Entries) > 0 || s.HardState == nil || string(s.Metadata) != "node 1" {
		t.Errorf("Open() of nothing = %+v", s)
	}
	sim = sim.Crash(disk.Lost) // before the first Save: the node has no members yet, and must get them
	opts.FS = sim
	if s = open(t, opts); !s.New {
		t.Error("Open() of a log in which nothing was saved says that the node is not new: nobody gives it members then")
	}
	must(t, s.WAL.Close())
	must(t, sim.Mkdir("node/snap", disk.DirMode))
	write(t, sim, "node/snap/"+path.Base(newer), "")
	if s = open(t, opts); s.New || !strings.Contains(told.String(), "snapshot is not loaded") {
		t.Errorf("Open() of a log in which nothing was saved, beside a snapshot = new %v, told %q, want neither: it has lost its end, or a crash has come before the record", s.New, told)
	}
	must(t, sim.Remove("node/snap/"+path.Base(newer)))
	told.Reset()
	must(t, s.WAL.Save(hs(1, 1, 0), nil))
	opts.FS = sim.Crash(disk.Lost)
	s = open(t, opts)
	if s.New || s.HardState.GetVote() != 1 {
		t.Errorf("Open() behind a loss of power = new %v, %v, want the vote", s.New, s.HardState)
	}
	must(t, s.WAL.Close())
	if told.Len() > 0 {
		t.Errorf("the logger is told %q, want nothing", told)
	}
}

// TestFirstSaveCutShort: a node that dies in its first Save is new, and gets its first members once more, whatever of that Save is there.
func TestFirstSaveCutShort(t *testing.T) {
	t.Parallel()
	whole := false
	for n := 0; !whole; n++ {
		sim := disk.NewSim()
		opts, _ := options(sim)
		s := open(t, opts)
		sim.Inject(disk.Fault{Ops: disk.OpWrite, Always: true, Bytes: n})
		if err := s.WAL.Save(hs(1, 0, 2), run(1, 1, 2)); err == nil {
			t.Fatalf("%d bytes: Save() has not failed", n)
		}
		opts, _ = options(sim.Kill())
		s = open(t, opts)
		whole = s.HardState.GetTerm() > 0
		if s.New == whole || s.New && len(s.Entries) > 0 {
			t.Fatalf("%d bytes: New = %v, %v, %d entries", n, s.New, s.HardState, len(s.Entries))
		}
		must(t, s.WAL.Save(hs(1, 0, 2), run(1, 1, 2)))
		must(t, s.WAL.Close())
		if s = open(t, opts); s.New || len(s.Entries) != 2 {
			t.Fatalf("%d bytes, then all: New = %v, %d entries", n, s.New, len(s.Entries))
		}
		must(t, s.WAL.Close())
	}
}

// TestNoLog: a node that has run before does not begin anew, and nothing is made for it.
func TestNoLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t testing.TB, sim *disk.Sim)
		must bool
		says string
	}{
		"moved":     {says: newer, make: func(t testing.TB, sim *disk.Sim) { must(t, sim.Rename("node/wal", "node/wal.old")) }},
		"temporary": {says: "snap.tmp", make: func(t testing.TB, sim *disk.Sim) { only(t, sim, "snap.tmp") }},
		"broken":    {says: ".broken", make: func(t testing.TB, sim *disk.Sim) { only(t, sim, path.Base(newer)+".broken") }},
		"empty":     {must: true, says: "check the path", make: func(t testing.TB, sim *disk.Sim) { only(t, sim, "") }},
		"inside": {says: "the folder around", make: func(t testing.TB, sim *disk.Sim) {
			must(t, sim.Rename("node", "old"))
			must(t, sim.Rename("old/wal", "node"))
		}},
		"above": {says: "node/member/wal holds a log", make: func(t testing.TB, sim *disk.Sim) {
			must(t, errors.Join(sim.Rename("node", "old"), sim.Mkdir("node", disk.DirMode), sim.Rename("old", "node/member")))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := saved(t)
			c.make(t, sim)
			before := files(t, sim)
			opts, _ := options(sim)
			opts.MustExist = c.must
			s, err := storage.Open("node", nil, opts)
			if s != nil || !errors.Is(err, storage.ErrNoLog) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Open() = %v, %v, want ErrNoLog that says %q", s, err, c.says)
			}
			if diff := cmp.Diff(before, files(t, sim)); diff != "" {
				t.Errorf("Open() has changed the disk (-before +after):\n%s", diff)
			}
			opts.MustExist = false
			if s, err := storage.Open("node", nil, opts); c.must && (err != nil || !s.New) {
				t.Errorf("Open() without MustExist = %v, %v, want a new node", s, err)
			}
		})
	}
}

// only leaves one file in the node's folder, in that of the snapshots, or none.
func only(t testing.TB, sim *disk.Sim, name string) {
	t.Helper()
	must(t, errors.Join(sim.Rename("node", "old"), sim.Mkdir("node", disk.DirMode), sim.Mkdir("node/snap", disk.DirMode), sim.Mkdir("node/snap/lost+found", disk.DirMode)))
	if name != "" {
		write(t, sim, "node/snap/"+name, "")
	}
}

// TestRefused: what is wrong is told, nothing stays open, and with the cause the error goes.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sim          func(t testing.TB) *disk.Sim
		break_, mend func(t testing.TB, sim *disk.Sim)
		want         error
		says         string
	}{
		"snapshot_lost": {sim: purged, want: wal.ErrSliceOutOfRange, says: newer, break_: func(t testing.TB, sim *disk.Sim) {
			must(t, sim.Rename(newer, "kept"))
		}, mend: func(t testing.TB, sim *disk.Sim) { must(t, sim.Rename("kept", newer)) }},
		"end_lost": {sim: purged, want: wal.ErrSliceOutOfRange, says: "its end is missing", break_: func(t testing.TB, sim *disk.Sim) {
			for name := range files(t, sim) {
				if strings.HasSuffix(name, ".wal") && name > "node/wal/0000000000000003" {
					must(t, sim.Rename(name, path.Base(name)))
				}
			}
		}, mend: func(t testing.TB, sim *disk.Sim) {
			for name := range files(t, sim) {
				if strings.HasSuffix(name, ".wal") && !strings.HasPrefix(name, "node/") {
					must(t, sim.Rename(name, "node/wal/"+name))
				}
			}
		}},
		"folder_unreadable": {sim: saved, want: fs.ErrPermission, says: "node/snap", break_: func(t testing.TB, sim *disk.Sim) {
			sim.Inject(disk.Fault{Ops: disk.OpList, Name: "snap", Err: fs.ErrPermission, Always: true})
		}, mend: func(t testing.TB, sim *disk.Sim) { sim.Heal() }},
		"log_corrupt": {sim: saved, want: wal.ErrCorrupt, says: "0000000000000000-0000000000000000.wal", break_: flip, mend: flip},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := c.sim(t)
			if name == "log_corrupt" {
				must(t, errors.Join(sim.Remove(older), sim.Remove(newer))) // it is read from its beginning
			}
			opts, _ := options(sim)
			c.break_(t, sim)
			if s, err := storage.Open("node", nil, opts); s != nil || !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Open() = %v, %v, want %v that says %q", s, err, c.want, c.says)
			}
			c.mend(t, sim)
			must(t, open(t, opts).WAL.Close())
		})
	}
}

// flip changes a bit of the first segment, or changes it back.
func flip(t testing.TB, sim *disk.Sim) {
	t.Helper()
	name := "node/wal/0000000000000000-0000000000000000.wal"
	b := []byte(files(t, sim)[name])
	b[200] ^= 1
	write(t, sim, name, string(b))
}

// TestToldOnce: a start reads the log twice and tells what it finds once; of damage that stops no start, that it stops none. Later the same may be told again.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	sim := saved(t)
	flip(t, sim)
	write(t, sim, "node/wal/0-0.wal", "")
	write(t, sim, "node/snap/0-0.snap", "")
	opts, told := options(sim)
	for starts := range 2 {
		told.Reset()
		must(t, open(t, opts).WAL.Close())
		for _, part := range []string{"file is no segment", "file is no snapshot", "dir=node/wal segment=0000000000000000-0000000000000000.wal"} {
			if n := strings.Count(told.String(), part); n != 1 {
				t.Errorf("start %d tells %q %d times, want once:\n%s", starts, part, n, told)
			}
		}
		if got := told.String(); strings.Contains(got, "replace this member") || !strings.Contains(got, "goes on") || !strings.Contains(got, "next purge") {
			t.Errorf("start %d tells of old damage:\n%s", starts, got)
		}
	}
	s := open(t, opts)
	told.Reset()
	for range 2 {
		_, err := s.Snap.List()
		must(t, err)
	}
	if n := strings.Count(told.String(), "file is no snapshot"); n != 2 {
		t.Errorf("behind the start it is told %d times, want 2:\n%s", n, told)
	}
	must(t, s.WAL.Close())
}

// TestOneAtATime: a running node's storage is locked.
func TestOneAtATime(t *testing.T) {
	t.Parallel()
	opts, _ := options(saved(t))
	s := open(t, opts)
	if _, err := storage.Open("node", nil, opts); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("a second Open() = %v, want ErrLocked", err)
	}
	must(t, s.WAL.Close())
	must(t, open(t, opts).WAL.Close())
}

// TestFails: whatever operation of the disk fails, the error is told, nothing stays locked, and the next start is as good as the first: a new node, or what was saved.
func TestFails(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(t testing.TB) *disk.Sim{
		"new": func(testing.TB) *disk.Sim { return disk.NewSim() },
		"begun": func(t testing.TB) *disk.Sim {
			sim := disk.NewSim()
			opts, _ := options(sim)
			must(t, open(t, opts).WAL.Close())
			return sim
		},
		"saved": saved,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			struck := 1
			for nth := 1; struck > 0; nth++ {
				sim := make(t)
				opts, _ := options(sim)
				strikes := sim.Inject(disk.Fault{Nth: nth})
				s, err := storage.Open("node", []byte("node 1"), opts)
				if struck = strikes(); (err == nil) != (s != nil) || struck == 0 && err != nil {
					t.Fatalf("operation %d fails: Open() = %v, %v", nth, s, err)
				}
				sim.Heal()
				if s != nil {
					must(t, s.WAL.Close())
				}
				s = open(t, opts)
				if want := 11; name == "saved" && len(s.Entries) != want || name != "saved" && !s.New {
					t.Errorf("operation %d fails: the next Open() gives %d entries", nth, len(s.Entries))
				}
				must(t, s.WAL.Close())
			}
		})
	}
}
