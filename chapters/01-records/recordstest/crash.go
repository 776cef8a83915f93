package recordstest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"example.com/logbook/chapters/course/suite"
	"example.com/logbook/final/disk"
	"example.com/logbook/final/layout"
)

// The crash lab's bounds.
const (
	// labSize is how large the log's file is made before it is written, in bytes.
	labSize = 16 << 10
	// labSubsets is up to how many undecided sectors every subset is tried.
	labSubsets = 8
	// labSeeds is how many crashes are drawn by chance at each point, torn
	// sectors among them.
	labSeeds = 48
)

// Crash is the crash lab. It writes a log through impl's encoder to a disk that
// crashes ([disk.Sim]), syncing each batch of entries as a raft node would, and
// stops it behind every operation. Of each such moment it makes the disks that
// power loss may leave: nothing kept, all kept, every subset of the unsynced
// sectors if they are few, and some drawn by chance with sectors torn inside.
// At each of them two things must hold: impl's Judge does not say corrupt, since
// a crash is all that happened; and every record that had been synced is read.
//
// It is skipped while an exercise that it needs waits. With -v it tells how many
// disks it tried and what became of them.
func Crash(t *testing.T, impl Implementation) {
	for _, exercise := range []string{"1.4", "1.5", "1.6"} {
		if reason := chapter.Waits(impl.Waits, exercise); reason != "" {
			t.Skip("the crash lab needs exercise " + exercise + ": " + reason)
		}
	}
	l := &lab{T: t, impl: impl, sim: disk.NewSim()}
	l.write()
	t.Logf("%d moments, %d disks: %d clean, %d torn, 0 corrupt\n%d records were synced; none was lost",
		l.moments, l.disks, l.verdicts[0], l.verdicts[1], l.synced)
}

// lab is one run of the crash lab.
type lab struct {
	*testing.T
	impl Implementation
	sim  *disk.Sim
	file disk.File

	// end is where the next write goes.
	end int64
	// written and synced count the records that were encoded, and those of
	// them that a finished sync covers.
	written, synced int
	// did tells what was done, for the trace of a failure.
	did []string

	moments, disks int
	verdicts       [2]int
}

// Write puts an encoder's bytes into the file, and crashes behind them.
func (l *lab) Write(b []byte) (int, error) {
	n, err := l.file.WriteAt(b, l.end)
	l.did = append(l.did, fmt.Sprintf("write %d bytes at %d", n, l.end))
	l.end += int64(n)
	l.crash()
	return n, err
}

// write is the workload: a header, then batches that grow until one of them
// lies in several pages, with a hard state that is not synced before each.
func (l *lab) write() {
	if c := (&check{Check: suite.Check{T: l.T}, Implementation: l.impl}); c.trusts() {
		l.Fatal("the crash lab needs I12 (exercise 1.5) first: this decoder allocates what a length word claims, and would ask for all of the memory")
	}
	var err error
	if l.file, err = l.sim.Open("log", os.O_RDWR|os.O_CREATE|os.O_EXCL, disk.FileMode); err != nil {
		l.Fatal(err)
	}
	defer l.file.Close()
	if err := errors.Join(l.file.Preallocate(labSize), l.file.Sync(), l.sim.SyncDir(".")); err != nil {
		l.Fatal(err)
	}
	e := l.impl.NewEncoder(l, 0, 0)
	l.encode(e, 4, nil)
	l.encode(e, 1, []byte("n1"))
	l.sync(e)
	index := uint64(0)
	for _, size := range []int{10, 300, 700, 1500, 4200} {
		l.encode(e, 3, state(1, 1, index))
		l.flush(e)
		for range 2 {
			index++
			l.encode(e, 2, entry(1, index, text(size)))
		}
		l.encode(e, 3, state(1, 1, index-1))
		l.sync(e)
	}
}

// encode appends a record.
func (l *lab) encode(e Encoder, typ int64, data []byte) {
	if err := e.Encode(typ, data); err != nil {
		l.Fatalf("Encode: %v", err)
	}
	l.did = append(l.did, fmt.Sprintf("encode %s, %d bytes", typeName(typ), len(data)))
	l.written++
}

// flush hands what was encoded on to the file.
func (l *lab) flush(e Encoder) {
	if err := e.Flush(); err != nil {
		l.Fatalf("Flush: %v", err)
	}
}

// sync flushes and syncs: from here on, what was encoded is promised.
func (l *lab) sync(e Encoder) {
	l.flush(e)
	if err := l.file.Sync(); err != nil {
		l.Fatal(err)
	}
	l.did = append(l.did, "sync")
	l.synced = l.written
	l.crash()
}

// crash tries the disks that power loss may leave at this moment.
func (l *lab) crash() {
	l.moments++
	pending := l.sim.Pending()
	l.survive("nothing unsynced was kept", disk.Lost)
	l.survive("everything was kept", disk.Kept)
	if n := len(pending); n <= labSubsets {
		for set := 1; set < 1<<n-1; set++ {
			l.survive("some unsynced sectors were kept", subset(set))
		}
	}
	for seed := range uint64(labSeeds) {
		l.survive(fmt.Sprintf("of each unsynced sector it was left to chance, with seed %d", seed), disk.Random(seed))
	}
}

// subset is the choice that keeps those whose bit is set.
func subset(set int) disk.Choice {
	return func(u disk.Undecided) disk.Outcome {
		if set>>u.Index&1 == 1 {
			return disk.Kept(u)
		}
		return disk.Lost(u)
	}
}

// survive puts the implementation to one disk.
func (l *lab) survive(kept string, choose disk.Choice) {
	p := &powerCut{kept: kept, choose: choose}
	p.left = l.read(l.sim.Crash(p.decide))
	b := p.left
	l.disks++
	f, err := l.impl.Judge(strings.NewReader(string(b)), int64(len(b)))
	if err != nil {
		l.fail(p, 0, fmt.Sprintf("Judge returned an error: %v", err))
	}
	if f.Verdict < 0 || f.Verdict >= len(l.verdicts) {
		l.fail(p, f.Offset, fmt.Sprintf("Judge says corrupt at %d (%s), and refuses a log that only crashed", f.Offset, f.Reason))
	}
	l.verdicts[f.Verdict]++
	d := l.impl.NewDecoder(strings.NewReader(string(b)), int64(len(b)))
	read := 0
	for read <= l.written {
		if _, err = d.Next(); err != nil {
			break
		}
		read++
	}
	if read < l.synced {
		l.fail(p, d.Offset(), fmt.Sprintf("%d records are read (then: %v), and %d had been synced", read, err, l.synced))
	}
	if read > l.written {
		l.fail(p, d.Offset(), fmt.Sprintf("more records are read than the %d that were written", l.written))
	}
	if f.Offset != d.Offset() {
		l.fail(p, f.Offset, fmt.Sprintf("Judge stops at %d and the decoder at %d", f.Offset, d.Offset()))
	}
}

// read returns what is in the log of a disk after the crash.
func (l *lab) read(after *disk.Sim) []byte {
	file, err := after.Open("log", os.O_RDONLY, 0)
	if err != nil {
		l.Fatal(err)
	}
	defer file.Close()
	b := make([]byte, labSize)
	if n, err := file.ReadAt(b, 0); n < len(b) && err != io.EOF {
		l.Fatal(err)
	}
	return b
}

// fail tells what was done, what the crash left, and what went wrong. The bytes
// that it shows are those around the first that is not as it was written; at is
// where to look when all of them are.
func (l *lab) fail(p *powerCut, at int64, wrong string) {
	l.Helper()
	where := "all that was written is there"
	if from, to := hole(p.left, l.read(l.sim.Crash(disk.Kept))); from < to {
		at, where = int64(from), fmt.Sprintf("bytes %d to %d are the first that are not as they were written", from, to)
	}
	l.Fatalf("the crash lab: %s\n  done:\n    %s\n    then the power went: %s\n%s  left: %s\n%s",
		wrong, strings.Join(suite.Last(l.did, 8, "steps"), "\n    "), p.kept, p.sectors(), where, layout.Excerpt(p.left, at))
}

// typeName is a record's type in a word.
func typeName(typ int64) string {
	for _, t := range layout.Types() {
		if t.Number == uint64(typ) {
			return t.Name
		}
	}
	return fmt.Sprint(typ)
}
