package torture

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/wal"
)

// TestTwo: while a log is open for writing, whoever else would write it is refused at once, and has changed nothing; once it is closed, or its process is
// dead, the lock is gone. F21
func TestTwo(t *testing.T) {
	t.Parallel()
	s := strike(t, "sxc", Setup{Segment: 1024}, disk.Fault{Name: "none"})
	if s.err != nil {
		t.Fatal(s.err)
	}
	before := take(t, s.sim)
	options := s.life.options()
	if _, err := wal.Open(dir, nil, options); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("a second Open: %v", err)
	}
	if _, err := wal.Repair(dir, options); !errors.Is(err, disk.ErrLocked) {
		t.Errorf("Repair of an open log: %v", err)
	}
	if _, err := wal.Create(dir, nil, options); !errors.Is(err, wal.ErrExist) {
		t.Errorf("Create of an open log: %v", err)
	}
	if !before.same(take(t, s.sim)) {
		t.Error("who was refused has changed the log")
	}
	if err := s.life.append(nil, 9); err != nil {
		t.Errorf("Save behind the others' attempts: %v", err)
	}
	if err := s.second(s.sim.Kill()); err != nil {
		t.Errorf("behind kill -9: %v", err)
	}
	if err := s.life.close(); err != nil {
		t.Error(err)
	}
	if err := s.second(s.sim); err != nil {
		t.Errorf("behind Close: %v", err)
	}
}

// TestSlow: syncs of ten seconds delay, and nothing else: nothing is acknowledged before its sync, nothing in another order, and no time out fails. The
// clock is that of the bubble, and jumps. F20
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := strike(t, "s", Setup{Segment: 1024}, disk.Fault{Name: "none"})
		if s.err != nil {
			t.Fatal(s.err)
		}
		syncs := 0
		s.sim.Watch(func(e disk.Event) {
			if e.Op == disk.OpSync || e.Op == disk.OpSyncDir {
				syncs++
				time.Sleep(10 * time.Second)
				if syncs == 3 {
					time.Sleep(24 * 365 * time.Hour)
				}
			}
		})
		for _, word := range []string{"x", "o", "cn", "v"} {
			was := syncs
			if err := s.life.spell(word); err != nil {
				t.Fatal(err)
			}
			if syncs == was {
				t.Errorf("%s was acknowledged without a sync", word)
			}
			if err := s.second(s.sim.Crash(disk.Lost)); err != nil {
				t.Errorf("behind %s: %v", word, err)
			}
		}
	})
}
