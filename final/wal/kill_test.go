package wal_test

import (
	"bufio"
	"flag"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	raftpb "go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/final/wal"
)

var (
	kills    = flag.Int("kills", 1000, "how `many` times TestKill kills a process that writes")
	killSeed = flag.Uint64("killseed", 1, "the `seed` of TestKill")
)

// killedDir is set in the process that is to be killed: the folder of its log.
const killedDir = "LOGBOOK_KILLED_DIR"

// processes are what tests run in processes of their own, in a folder that the variable of this name says.
var processes = map[string]func(dir string) error{killedDir: writeUntilKilled}

// TestMain runs the tests, or what a test runs in a process of its own.
func TestMain(m *testing.M) {
	for name, run := range processes {
		dir := os.Getenv(name)
		if dir == "" {
			continue
		}
		if err := run(dir); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// killedOptions make segments that a life or two fills.
var killedOptions = &wal.Options{SegmentSize: 32 << 10}

// killedEntry is what the entry at an index holds: in each life another.
func killedEntry(index, term uint64) *raftpb.Entry {
	size := 20 + crc32.ChecksumIEEE(fmt.Append(nil, index))%700
	if index%50 == 0 {
		size = 9000
	}
	return ent(index, term, int(size))
}

// writeUntilKilled is a node's life: it opens its log, says what it found, and writes. A line "term commit last" stands before each call for what it tries, and
// behind it for what it was told is done.
func writeUntilKilled(dir string) error {
	snaps, err := wal.ValidSnapshotEntries(dir, killedOptions)
	if err != nil {
		return err
	}
	start := snaps[len(snaps)-1]
	w, err := wal.Open(dir, start, killedOptions)
	if err != nil {
		return err
	}
	_, state, found, err := w.ReadAll()
	if err != nil {
		return err
	}
	term, last := state.GetTerm()+1, start.GetIndex()
	if len(found) > 0 {
		last = found[len(found)-1].GetIndex()
	}
	commit := state.GetCommit()
	fmt.Println("found", state.GetTerm(), commit, last)
	for _, e := range found {
		if want := killedEntry(e.GetIndex(), e.GetTerm()); string(want.Data) != string(e.Data) {
			return fmt.Errorf("entry %d is not what was saved", e.GetIndex())
		}
	}
	for round := uint64(1); ; round++ {
		first := last + 1
		if round == 1 && last > commit {
			first = last // a new leader's entry in place of the last
		}
		last = first + round%4
		var ents []*raftpb.Entry
		for i := first; i <= last; i++ {
			ents = append(ents, killedEntry(i, term))
		}
		fmt.Println("tries", term, commit, last)
		if err := w.Save(hs(term, 1, commit), ents); err != nil {
			return err
		}
		commit = first
		if err := w.Save(hs(term, 1, commit), nil); err != nil {
			return err
		}
		fmt.Println("saved", term, commit, last)
		if round%20 != 0 {
			continue
		}
		if err := w.SaveSnapshot(snapshot(commit, term)); err != nil {
			return err
		}
		if err := w.ReleaseLockTo(commit); err != nil {
			return err
		}
		if err := w.Purge(); err != nil {
			return err
		}
	}
}

// TestKill kills a process that writes, at any moment, a thousand times. The next life finds what the last one was told is saved, the commit too: it needs no
// sync for that. F1 W33
func TestKill(t *testing.T) {
	t.Parallel()
	n := *kills
	if testing.Short() {
		n = min(n, 20)
	}
	t.Logf("%d kills, seed %d: -kills and -killseed choose others", n, *killSeed)
	var all sync.WaitGroup
	for i := range uint64(2) {
		all.Go(func() {
			dir := filepath.Join(t.TempDir(), "wal")
			w, err := wal.Create(dir, nil, killedOptions)
			if err == nil {
				err = w.Close()
			}
			rng, k := rand.New(rand.NewPCG(*killSeed, i)), killer{}
			for life := 0; life < n/2 && err == nil; life++ {
				err = k.live(dir, time.Duration(rng.IntN(6000))*time.Microsecond)
			}
			if err != nil {
				t.Error(err)
			}
			t.Logf("%d Saves acknowledged", k.acknowledged)
		})
	}
	all.Wait()
}

// killer knows what the lives so far were told.
type killer struct {
	saved, tried [3]uint64 // term, commit, last entry
	acknowledged int
}

// live lets a process live for a while, and checks what it says.
func (k *killer) live(dir string, d time.Duration) error {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killedDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	found := false
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) != 4 || fields[0] == "error" {
			return fmt.Errorf("the process ends: %s", lines.Text())
		}
		var at [3]uint64
		for i := range at {
			if at[i], err = strconv.ParseUint(fields[i+1], 10, 64); err != nil {
				return nil // killed inside the line
			}
		}
		switch fields[0] {
		case "found":
			if at[0] < k.saved[0] || at[1] < k.saved[1] || at[2] < k.saved[2] || at[0] > k.tried[0] || at[2] > max(k.tried[2], k.saved[2]) {
				return fmt.Errorf("found term, commit and last entry %v; saved were %v, tried %v", at, k.saved, k.tried)
			}
			found, k.saved, k.tried = true, at, at
			time.AfterFunc(d, func() { cmd.Process.Kill() })
		case "tries":
			k.tried = at
		case "saved":
			k.saved = at
			k.acknowledged++
		}
	}
	if !found {
		return fmt.Errorf("the process ended and had not said what it found")
	}
	return nil
}
