package snap_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
	"example.com/logbook/final/snap"
)

// fact is a note: from now on snapshot Index is there, with one of Texts, or may be gone if there is none.
type fact struct {
	index uint64
	texts string // one, or several that a bar separates
}

// facts are what holds: the last that was noted about each index.
func facts(notes []any) map[uint64]string {
	m := map[uint64]string{}
	for _, n := range notes {
		m[n.(fact).index] = n.(fact).texts
	}
	return m
}

// keeps checks what a crash has left: every file is whole, and what was acknowledged is there.
func keeps(fsys disk.FS, notes []any) error {
	err := sound(fsys)
	for index, texts := range facts(notes) {
		if texts == "" {
			continue
		}
		err = errors.Join(err, holds(fsys, index, strings.Split(texts, "|")...))
	}
	return err
}

// saves is a node's life, with a folder that is not there at first.
func saves(fsys disk.FS, note func(any)) error {
	s := open(fsys)
	save := func(index uint64, before, text string) error {
		if before != "" {
			note(fact{index, before + "|" + text})
		}
		err := s.SaveSnap(snapshot(index, 2, wide(text)))
		note(fact{index, text})
		return err
	}
	purge := func(to uint64, gone ...uint64) error {
		for _, index := range gone {
			note(fact{index, ""})
		}
		return s.Purge(meta(to, 2), 1)
	}
	return errors.Join(
		save(5, "", "five"),
		save(9, "", "nine"),
		save(9, "nine", "nine again"),
		purge(9, 5),
		save(12, "", "twelve"),
		save(15, "", "fifteen"),
		purge(15, 9, 12),
	)
}

// again restarts the node: it finds what it had, saves, purges and finds what it has.
func again(fsys disk.FS, notes []any) error {
	if err := keeps(fsys, notes); err != nil {
		return err
	}
	s := open(fsys)
	err := errors.Join(s.SaveSnap(snapshot(20, 2, wide("twenty"))), keeps(fsys, notes), holds(fsys, 20, "twenty"))
	if _, stat := fsys.Stat(kept + "/snap.tmp"); !errors.Is(stat, fs.ErrNotExist) {
		err = errors.Join(err, fmt.Errorf("snap.tmp is left: %v", stat))
	}
	return err
}

// explore searches, and tells how far.
func explore(t *testing.T, e *crash.Experiment, b *crash.Bounds) {
	t.Helper()
	report, err := e.Explore(t.Context(), b)
	t.Log(report)
	if err != nil {
		t.Error(err)
	}
	if report.Distinct < 100 {
		t.Errorf("only %d disks", report.Distinct)
	}
}

// TestCrashes takes the disk down at every point of saves and purges, and again inside the next process. No half file ever has a
// snapshot's name, what was acknowledged is there, and the older one is until it is purged. S01 S02 S10 F1 F2 F3 F4 F5 F6 F7 F8 F9 F10
func TestCrashes(t *testing.T) {
	t.Parallel()
	explore(t, &crash.Experiment{Name: "saves", Work: saves, Recover: again}, &crash.Bounds{Torn: true, Subsets: 8, Depth: 1, States: 6_000})
}

// TestCrashesInTheNextLife goes on after recovery, two crashes deep. F9 F10
func TestCrashesInTheNextLife(t *testing.T) {
	t.Parallel()
	explore(t, &crash.Experiment{
		Name: "next life", Work: saves, Recover: keeps,
		Again: func(fsys disk.FS, notes []any, note func(any)) error {
			s, had := open(fsys), facts(notes)[20]
			if had != "" {
				note(fact{20, had + "|twenty"})
			}
			err := s.SaveSnap(snapshot(20, 2, wide("twenty")))
			note(fact{20, "twenty"})
			for index := range facts(notes) {
				if index < 20 {
					note(fact{index, ""})
				}
			}
			return errors.Join(err, s.Purge(meta(20, 2), 1))
		},
	}, &crash.Bounds{Subsets: 5, Seeds: 4, Depth: 2, States: 1_000})
}

// recorded reads the log of these tests: a byte for each snapshot that it vouches for.
func recorded(fsys disk.FS) (list []*raftpb.SnapshotMetadata) {
	f, err := fsys.Open("log", os.O_RDONLY, 0)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, 16)
	n, _ := f.ReadAt(b, 0)
	for _, index := range b[:n] {
		list = append(list, meta(uint64(index), 2))
	}
	return list
}

// record appends to the log, durably.
func record(fsys disk.FS, index byte) error {
	f, err := fsys.Open("log", os.O_RDWR|os.O_CREATE, disk.FileMode)
	if err != nil {
		return err
	}
	size, err := f.Size()
	if err == nil {
		_, err = f.WriteAt([]byte{index}, size)
	}
	return errors.Join(err, f.Sync(), f.Close(), fsys.SyncDir("."))
}

// settleLog makes durable what a process that was killed has written to the log: opening a log does that before anything builds on it.
func settleLog(fsys disk.FS) error {
	f, err := fsys.Open("log", os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), fsys.SyncDir("."))
}

// starts checks that the node starts from a snapshot that its log has recorded, the newest.
func starts(fsys disk.FS, notes []any) error {
	list := recorded(fsys)
	if len(list) == 0 {
		return nil
	}
	newest := list[len(list)-1].GetIndex()
	if newest == 0 && len(list) > 1 { // its size is there, its byte is not
		newest = list[len(list)-2].GetIndex()
	}
	if newest == 0 {
		return nil
	}
	got, err := open(fsys).LoadNewestAvailable(list)
	if err != nil || got.GetMetadata().GetIndex() != newest {
		return fmt.Errorf("the log has recorded %d, and what loads is %d: %w", newest, got.GetMetadata().GetIndex(), err)
	}
	return nil
}

// TestCrashBetweenSteps goes the whole way from one snapshot to the next: file, record, purge. The log never vouches for a file that
// is not there, and what it vouches for is not purged for one that it does not know. S01 S04 S08
func TestCrashBetweenSteps(t *testing.T) {
	t.Parallel()
	explore(t, &crash.Experiment{
		Name: "steps",
		Work: func(fsys disk.FS, note func(any)) error {
			s := open(fsys)
			for _, index := range []uint64{5, 9, 12} {
				if err := errors.Join(s.SaveSnap(snapshot(index, 2, wide("data"))), record(fsys, byte(index)), s.Purge(meta(index, 2), 1)); err != nil {
					return err
				}
			}
			// The next is saved and not recorded: the purge is before the last that is.
			return errors.Join(s.SaveSnap(snapshot(15, 2, wide("data"))), s.Purge(meta(12, 2), 1))
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if err := errors.Join(settleLog(fsys), starts(fsys, notes)); err != nil {
				return err
			}
			list := recorded(fsys)
			if len(list) == 0 || list[len(list)-1].GetIndex() == 0 {
				return nil
			}
			return errors.Join(open(fsys).Purge(list[len(list)-1], 1), starts(fsys, notes))
		},
	}, &crash.Bounds{Torn: true, Subsets: 8, Depth: 1, States: 6_000})
}

// TestPurgeBeforeEtcdsFile: etcd gives a file its name before its bytes are there, and never syncs the folder. Before older files go, both
// are made durable. S01
func TestPurgeBeforeEtcdsFile(t *testing.T) {
	t.Parallel()
	explore(t, &crash.Experiment{
		Name:  "etcd's file",
		Start: func(fsys disk.FS) error { return open(fsys).SaveSnap(snapshot(5, 2, wide("five"))) },
		Work: func(fsys disk.FS, note func(any)) error {
			f, err := fsys.Open(kept+"/"+name(9, 2), os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err == nil {
				_, err = f.WriteAt(mustEncode(snapshot(9, 2, wide("nine"))), 0)
			}
			return errors.Join(err, open(fsys).Purge(meta(9, 2), 1))
		},
		Recover: func(fsys disk.FS, notes []any) error {
			if holds(fsys, 5, "five") == nil {
				return nil
			}
			return holds(fsys, 9, "nine")
		},
	}, &crash.Bounds{Torn: true})
}

// TestCrashWhileSetAside: a corrupt file keeps its bytes under one of its names, whenever the power goes.
func TestCrashWhileSetAside(t *testing.T) {
	t.Parallel()
	damaged := "0000000000000002-0000000000000009.snap"
	explore(t, &crash.Experiment{
		Name: "set aside",
		Start: func(fsys disk.FS) error {
			f, err := fsys.Open(damaged, os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err == nil {
				_, err = f.WriteAt([]byte("damaged"), 0)
			}
			s := snap.New(".", &snap.Options{FS: fsys})
			return errors.Join(err, s.SaveSnap(snapshot(5, 2, wide("five"))), s.SaveSnap(snapshot(7, 2, wide("seven"))))
		},
		Work: func(fsys disk.FS, note func(any)) error {
			s := snap.New(".", &snap.Options{FS: fsys, RenameBroken: true})
			_, err := s.Load()
			return errors.Join(err, s.SaveSnap(snapshot(9, 2, wide("nine"))), s.Purge(meta(9, 2), 1))
		},
		Recover: func(fsys disk.FS, notes []any) error {
			s := snap.New(".", &snap.Options{FS: fsys, RenameBroken: true})
			got, err := s.Load()
			if err != nil || got.GetMetadata().GetIndex() < 7 {
				return fmt.Errorf("loads %d: %w", got.GetMetadata().GetIndex(), err)
			}
			if _, err := fsys.Stat(damaged + ".broken"); err != nil {
				return fmt.Errorf("the damaged file is gone: %w", err)
			}
			return nil
		},
	}, &crash.Bounds{Torn: true, Subsets: 8, Depth: 1, States: 6_000})
}
