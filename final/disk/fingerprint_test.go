package disk_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
)

// Among all disks that a crash may leave, two have the same fingerprint exactly when they show the same; and so it is on
// disks that were made by other operations.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 2))
	write(t, f, fill("b", 1), 256)
	write(t, f, "c", 100)
	must(t, f.Truncate(600))
	must(t, sim.Mkdir("d", disk.DirMode))
	must(t, sim.Rename("a", "d/a"))
	create(t, sim, "e", "").Close()

	pictures, prints := map[uint64]string{}, map[string]uint64{}
	see := func(s *disk.Sim) {
		p, shown := s.Fingerprint(), picture(t, s)
		if other, ok := pictures[p]; ok && other != shown {
			t.Errorf("fingerprint %x is of %q and of %q", p, other, shown)
		}
		if other, ok := prints[shown]; ok && other != p {
			t.Errorf("%q has fingerprints %x and %x", shown, other, p)
		}
		pictures[p], prints[shown] = shown, p
	}
	for n := range 1 << 12 {
		see(sim.Crash(func(u disk.Undecided) disk.Outcome { return disk.Outcome{Version: n >> u.Index & 3} }))
	}
	if len(prints) < 20 {
		t.Errorf("only %d different disks: this test shows little", len(prints))
	}
	same := disk.NewSim()
	create(t, same, "e", "")
	must(t, same.Mkdir("d", disk.DirMode))
	create(t, same, "d/a", content(t, sim, "d/a"))
	see(same.Crash(disk.Kept))
}

// What is undecided is part of the fingerprint; reading, syncing what is durable, and looking at it are not.
func TestFingerprintOfUndecided(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "a")
	seen := map[uint64]string{}
	step := func(what string, do func()) {
		do()
		if before, ok := seen[sim.Fingerprint()]; ok {
			t.Errorf("the fingerprint after %s is the one after %s", what, before)
		}
		seen[sim.Fingerprint()] = what
	}
	step("nothing", func() {})
	before := sim.Fingerprint()
	content(t, sim, "a")
	must(t, f.Sync())
	if got := sim.Fingerprint(); got != before || sim.Kill().Fingerprint() != before {
		t.Errorf("the fingerprint changed from %x to %x, and nothing else did", before, got)
	}
	step("a write", func() { write(t, f, "b", 0) })
	step("the write back", func() { write(t, f, "a", 0) })
	step("a size", func() { must(t, f.Truncate(2)) })
	step("a failed sync", func() { sim.Inject(disk.Fault{Ops: disk.OpSync}); f.Sync() })
	step("a rename", func() { must(t, sim.Rename("a", "b")) })
	step("the rename back", func() { must(t, sim.Rename("b", "a")) })

	must(t, sim.SyncDir("."))
	if after := seen[sim.Fingerprint()]; after != "a failed sync" {
		t.Errorf("with the names durable, the fingerprint is that after %q, want that after a failed sync", after)
	}
}

// The death of the process inside a write leaves each prefix of it, on a disk of its own.
func TestKillInside(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "aaaa")
	before := sim.Kill()
	var seen disk.Event
	sim.Watch(func(e disk.Event) { seen = e })
	write(t, f, "bbbb", 2)
	want := []string{"a=a4", "a=a2b1a1", "a=a2b2", "a=a2b3", "a=a2b4", "a=a2b4"}
	for n, want := range want {
		killed := before.KillInside(seen, n)
		wantPicture(t, fmt.Sprint("KillInside ", n), killed, want)
		wantPicture(t, "then Lost", killed.Crash(disk.Lost), "a=a4")
	}
	wantPicture(t, "the disk before", before, "a=a4")
	wantPending(t, before.KillInside(seen, 3), "size of a: [4 5]", "a [0,512): 2 versions")

	// What is no write of a file that is there changes nothing.
	wantPicture(t, "another event", before.KillInside(disk.Event{Op: disk.OpSync, File: seen.File, Data: []byte("x")}, 1), "a=a4")
	wantPicture(t, "another file", before.KillInside(disk.Event{Op: disk.OpWrite, File: 77, Data: []byte("x")}, 1), "a=a4")
}

// Events of one file have its number, as what is undecided of it has, whatever it is called.
func TestEventFile(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := open(t, sim, "a", os.O_RDWR|os.O_CREATE)
	write(t, f, "x", 0)
	must(t, sim.Rename("a", "b"))
	create(t, sim, "a", "y")
	must(t, f.Truncate(9))
	var got []string
	for _, e := range sim.Log() {
		for _, u := range sim.Pending() {
			if u.Kind == disk.SizeKind && u.File == e.File {
				got = append(got, e.String()+" is of "+u.Name)
			}
		}
	}
	want := []string{"write a [0,1) is of b", "write a [0,1) is of a", "truncate b to 9 is of b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events mismatch (-want +got):\n%s", diff)
	}
}

// Each version of a sector can be looked at.
func TestContent(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "a")
	write(t, f, "b", 0)
	write(t, f, "c", 0)
	u := sim.Pending()[0]
	got := fmt.Sprintf("%c%c%c%c %d", u.Content(0)[0], u.Content(1)[0], u.Content(2)[0], u.Content(9)[0], len(u.Content(0)))
	if got != "abcc 512" {
		t.Errorf("Content() of versions 0, 1, 2 and 9 = %s, want abcc 512", got)
	}
	must(t, sim.Rename("a", "b"))
	if sim.Pending()[0].Content(0) != nil {
		t.Error("Content() of a name is not nil")
	}
}
