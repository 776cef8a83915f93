package disk_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/disk"
)

// What was synced, with its name, is not undecided, and survives. The disk that was crashed goes on as if nothing had
// happened, and can be crashed again.
func TestSyncedSurvives(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("x", 2)+"end")
	wantPending(t, sim)
	wantPicture(t, "Lost", sim.Crash(disk.Lost), "a=x1024e1n1d1")

	write(t, f, "y", 0)
	wantPending(t, sim, "a [0,512): 2 versions")
	first := sim.Crash(disk.Lost)
	wantPicture(t, "Lost", first, "a=x1024e1n1d1")
	wantPicture(t, "Kept", sim.Crash(disk.Kept), "a=y1x1023e1n1d1")
	wantPicture(t, "itself", sim, "a=y1x1023e1n1d1")

	// A second life, and a third: each disk is on its own.
	g := open(t, first, "a", os.O_RDWR)
	write(t, g, "z", 1)
	wantPicture(t, "second life", first, "a=x1z1x1022e1n1d1")
	wantPicture(t, "second life, Lost", first.Crash(disk.Lost), "a=x1024e1n1d1")
	must(t, g.Sync())
	wantPicture(t, "second life, synced, Lost", first.Crash(disk.Lost), "a=x1z1x1022e1n1d1")
	wantPicture(t, "itself", sim, "a=y1x1023e1n1d1")
}

// F1: kill -9 loses nothing, and makes nothing durable.
func TestKill(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "aaa")
	must(t, f.Lock())
	write(t, f, "bbb", 3)
	create(t, sim, "c", "c")
	sim.Inject(disk.Fault{Always: true, Ops: disk.OpWrite})

	killed := sim.Kill()
	wantPicture(t, "Kill", killed, "a=a3b3 c=c1")
	if diff := cmp.Diff(pending(sim), pending(killed)); diff != "" || len(pending(sim)) == 0 {
		t.Errorf("what is undecided before and after Kill: mismatch (-before +after):\n%s", diff)
	}
	wantPicture(t, "Kill, then Lost", killed.Crash(disk.Lost), "a=a3")
	if got := len(killed.Log()); got == 0 || len(disk.NewSim().Kill().Log()) != 0 {
		t.Errorf("the log of a new disk has %d operations, of a newer one it must have none", got)
	}

	g := open(t, killed, "a", os.O_RDWR)
	if err := g.Lock(); err != nil {
		t.Errorf("Lock() after Kill = %v: a lock must not outlive its process", err)
	}
	write(t, g, "C", 0)
	must(t, g.Sync())
	wantPicture(t, "the disk before Kill", sim, "a=a3b3 c=c1")
	wantPicture(t, "the disk before Kill, Lost", sim.Crash(disk.Lost), "a=a3")
	if err := open(t, sim.Crash(disk.Kept), "a", os.O_RDWR).Lock(); err != nil {
		t.Errorf("Lock() after Crash = %v: a lock must not outlive a crash", err)
	}
}

// Two disks that came from one another share nothing that either can change.
func TestKillIsIndependent(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "")
	write(t, f, "1", 0)
	write(t, f, "22", 0)
	killed := sim.Kill()
	g := open(t, killed, "a", os.O_RDWR)
	write(t, f, "333", 0)
	write(t, g, "4444", 0)
	wantPending(t, sim, "size of a: [0 1 2 3]", "a [0,512): 4 versions")
	wantPending(t, killed, "size of a: [0 1 2 4]", "a [0,512): 4 versions")
	wantPicture(t, "Kept", sim.Crash(disk.Kept), "a=33")
	wantPicture(t, "Kept of the other", killed.Crash(disk.Kept), "a=44")
}

// F3: of the sectors that were not synced, any subset may be there.
func TestSectors(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 1))
	must(t, f.Preallocate(4*disk.SectorSize))
	must(t, f.Sync())
	write(t, f, fill("b", 2)+"end", 512)
	wantPending(t, sim, "a [512,1024): 2 versions", "a [1024,1536): 2 versions", "a [1536,2048): 2 versions")
	want := []string{
		"a=a512.1536", "a=a512b512.1024", "a=a512.512b512.512", "a=a512b1024.512",
		"a=a512.1024e1n1d1.509", "a=a512b512.512e1n1d1.509", "a=a512.512b512e1n1d1.509", "a=a512b1024e1n1d1.509",
	}
	if diff := cmp.Diff(want, each(t, sim)); diff != "" {
		t.Errorf("crashes mismatch (-want +got):\n%s", diff)
	}
}

// F4: a sector is torn at any word, new in front or new behind, and nowhere else.
func TestTornSector(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 1))
	write(t, f, fill("b", 1), 0)
	for cut := range 600 {
		at := cut / disk.WordSize * disk.WordSize
		front, back := fmt.Sprintf("a=b%da%d", at, 512-at), fmt.Sprintf("a=a%db%d", at, 512-at)
		if at == 0 || at >= 512 {
			front, back = "a=b512", "a=a512"
		}
		crashed := sim.Crash(outcomes(map[int]disk.Outcome{0: {Version: 1, Cut: cut}}))
		wantPicture(t, fmt.Sprintf("new before %d", cut), crashed, front)
		crashed = sim.Crash(outcomes(map[int]disk.Outcome{0: {Cut: cut, Behind: 1}}))
		wantPicture(t, fmt.Sprintf("new behind %d", cut), crashed, back)
	}
	wantPicture(t, "a negative cut", sim.Crash(outcomes(map[int]disk.Outcome{0: {Version: 1, Cut: -8}})), "a=b512")
}

// F5: until the next sync, any content since the last one may come back, also what was there before a truncate. Nothing
// older does, and zeros only where there were zeros.
func TestVersions(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 1))
	write(t, f, fill("b", 1), 0)
	must(t, f.Sync())
	write(t, f, "ccc", 0)
	write(t, f, "dddd", 0)
	wantPending(t, sim, "a [0,512): 3 versions")
	if diff := cmp.Diff([]string{"a=b512", "a=c3b509", "a=d4b508"}, each(t, sim)); diff != "" {
		t.Errorf("crashes mismatch (-want +got):\n%s", diff)
	}
	must(t, f.Truncate(0))
	write(t, f, "e", 511)
	wantPending(t, sim, "size of a: [512 0 512]", "a [0,512): 5 versions")
	want := []string{
		"a=b512", "a=", "a=b512", "a=c3b509", "a=", "a=c3b509", "a=d4b508", "a=", "a=d4b508",
		"a=.512", "a=", "a=.512", "a=.511e1", "a=", "a=.511e1",
	}
	if diff := cmp.Diff(want, each(t, sim)); diff != "" {
		t.Errorf("crashes after Truncate mismatch (-want +got):\n%s", diff)
	}

	// A version that does not exist stands for the nearest.
	wantPicture(t, "version 99", sim.Crash(func(disk.Undecided) disk.Outcome { return disk.Outcome{Version: 99} }), "a=.511e1")
	wantPicture(t, "version -1", sim.Crash(func(disk.Undecided) disk.Outcome { return disk.Outcome{Version: -1} }), "a=b512")

	// Writing what is there already changes nothing that a crash could undo.
	must(t, f.Sync())
	write(t, f, "e", 511)
	write(t, f, "\x00", 3)
	wantPending(t, sim)
}

// F6: size and data are undecided independently. What lay beyond the end is never seen again, not even by growing.
func TestSizesAndData(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "aaaa")
	write(t, f, "bbbb", 4)
	write(t, f, fill("c", 1), 512)
	wantPending(t, sim, "size of a: [4 8 1024]", "a [0,512): 2 versions", "a [512,1024): 2 versions")
	want := []string{
		"a=a4", "a=a4.4", "a=a4.1020", "a=a4", "a=a4b4", "a=a4b4.1016",
		"a=a4", "a=a4.4", "a=a4.508c512", "a=a4", "a=a4b4", "a=a4b4.504c512",
	}
	if diff := cmp.Diff(want, each(t, sim)); diff != "" {
		t.Errorf("crashes mismatch (-want +got):\n%s", diff)
	}
	short := sim.Crash(func(u disk.Undecided) disk.Outcome {
		return disk.Outcome{Version: map[disk.Kind]int{disk.SizeKind: 0, disk.SectorKind: 1}[u.Kind]}
	})
	must(t, open(t, short, "a", os.O_RDWR).Truncate(1024))
	wantPicture(t, "data without its size, then grown", short, "a=a4.1020")

	// Preallocation and truncation are lost or kept like any size.
	sim = disk.NewSim()
	f = durable(t, sim, "a", fill("a", 3))
	must(t, f.Truncate(600))
	must(t, f.Preallocate(2048))
	wantPending(t, sim, "size of a: [1536 600 2048]", "a [512,1024): 2 versions", "a [1024,1536): 2 versions")
	wantPicture(t, "Lost", sim.Crash(disk.Lost), "a=a1536")
	wantPicture(t, "Kept", sim.Crash(disk.Kept), "a=a600.1448")
}

// F7: names are undecided until their folder is synced. A sync of the file does not help, nor one of another folder.
func TestNames(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	must(t, sim.Mkdir("dir", disk.DirMode))
	must(t, sim.SyncDir("."))
	must(t, create(t, sim, "dir/new", "new").Sync())
	old := create(t, sim, "old", "old")
	must(t, old.Sync())
	must(t, sim.SyncDir("."))
	must(t, sim.Remove("old"))
	wantPending(t, sim, "create dir/new", "remove old")
	want := []string{"dir/ old=o1l1d1", "dir/ dir/new=n1e1w1 old=o1l1d1", "dir/", "dir/ dir/new=n1e1w1"}
	if diff := cmp.Diff(want, each(t, sim)); diff != "" {
		t.Errorf("crashes mismatch (-want +got):\n%s", diff)
	}
	must(t, sim.SyncDir("dir"))
	wantPending(t, sim, "remove old")
	must(t, sim.SyncDir("."))
	wantPending(t, sim)
	wantPicture(t, "Lost", sim.Crash(disk.Lost), "dir/ dir/new=n1e1w1")
}

// A name without its data: the rename was kept, the content was not. It is the classic of losing a file by replacing it.
func TestRenameBeforeSync(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	durable(t, sim, "a", "good")
	create(t, sim, "a.tmp", "better")
	must(t, sim.Rename("a.tmp", "a"))
	must(t, sim.SyncDir("."))
	wantPending(t, sim, "size of a: [0 6]", "a [0,512): 2 versions")
	wantPicture(t, "Lost", sim.Crash(disk.Lost), "a=")
}

// F8: a rename is old or new, also over a file, which is there until the new one is.
func TestRenameIsAtomic(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	durable(t, sim, "a", "old")
	must(t, create(t, sim, "a.tmp", "new").Sync())
	must(t, sim.Rename("a.tmp", "a"))
	wantPending(t, sim, "create a.tmp", "rename a.tmp to a")
	want := []string{
		"a=o1l1d1",              // neither
		"a=o1l1d1 a.tmp=n1e1w1", // created
		"a=n1e1w1",              // renamed, hence created
		"a=n1e1w1",
	}
	if diff := cmp.Diff(want, each(t, sim)); diff != "" {
		t.Errorf("crashes mismatch (-want +got):\n%s", diff)
	}
}

// Changes of one name happen in order, and no order of the others loses a file that was not removed.
func TestNamesInOrder(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(t *testing.T, sim *disk.Sim)
		want []string // all that may be left
	}{
		{"a_name_used_again", func(t *testing.T, sim *disk.Sim) {
			durable(t, sim, "tmp", "1")
			must(t, sim.Rename("tmp", "a"))
			must(t, create(t, sim, "tmp", "2").Sync())
		}, []string{"tmp=11", "a=11", "a=11 tmp=21"}},
		{"removed_and_created_again", func(t *testing.T, sim *disk.Sim) {
			durable(t, sim, "a", "1")
			must(t, sim.Remove("a"))
			must(t, create(t, sim, "a", "2").Sync())
		}, []string{"a=11", "", "a=21"}},
		{"into_a_new_folder", func(t *testing.T, sim *disk.Sim) {
			durable(t, sim, "a", "1")
			must(t, sim.Mkdir("d", disk.DirMode))
			must(t, sim.Rename("a", "d/a"))
		}, []string{"a=11", "a=11 d/", "d/ d/a=11"}},
		{"out_of_a_folder_that_is_removed", func(t *testing.T, sim *disk.Sim) {
			must(t, sim.Mkdir("d", disk.DirMode))
			must(t, create(t, sim, "d/a", "1").Sync())
			must(t, sim.SyncDir("d"))
			must(t, sim.SyncDir("."))
			must(t, sim.Rename("d/a", "a"))
			must(t, sim.Remove("d"))
		}, []string{"d/ d/a=11", "a=11 d/", "a=11"}},
		{"two_folders_into_one_another", func(t *testing.T, sim *disk.Sim) {
			must(t, sim.Mkdir("d", disk.DirMode))
			must(t, sim.Mkdir("e", disk.DirMode))
			must(t, sim.SyncDir("."))
			must(t, sim.Rename("d", "e/d"))
			must(t, sim.Rename("e/d", "x"))
			must(t, sim.Rename("e", "x/e"))
		}, []string{"d/ e/", "e/ e/d/", "e/ x/", "x/ x/e/"}},
		{"a_folder_is_moved_without_what_is_new_in_it", func(t *testing.T, sim *disk.Sim) {
			must(t, sim.Mkdir("wal.tmp", disk.DirMode))
			must(t, create(t, sim, "wal.tmp/0", "1").Sync())
			must(t, sim.Rename("wal.tmp", "wal"))
		}, []string{"", "wal.tmp/", "wal.tmp/ wal.tmp/0=11", "wal/", "wal/ wal/0=11"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			sim := disk.NewSim()
			tt.do(t, sim)
			got := map[string]bool{}
			for _, p := range each(t, sim) {
				got[p] = true
			}
			want := map[string]bool{}
			for _, p := range tt.want {
				want[p] = true
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("crashes mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A sync of either folder settles a rename from one to the other, and what had to happen before it.
func TestRenameAcrossFolders(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{".", "d"} {
		sim := disk.NewSim()
		must(t, sim.Mkdir("d", disk.DirMode))
		must(t, sim.SyncDir("."))
		must(t, create(t, sim, "a", "1").Sync())
		must(t, sim.Rename("a", "d/a"))
		must(t, sim.SyncDir(dir))
		wantPending(t, sim)
		wantPicture(t, "after a sync of "+dir, sim.Crash(disk.Lost), "d/ d/a=11")
	}
}

// What a crash leaves is called by the name it has then.
func TestNamesAfterCrash(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	must(t, sim.Mkdir("d", disk.DirMode))
	create(t, sim, "d/a", "1")
	must(t, sim.SyncDir("."))
	must(t, sim.SyncDir("d"))
	must(t, sim.Rename("d/a", "d/b"))
	must(t, sim.Rename("d", "e"))
	crashed := sim.Crash(disk.Lost)
	write(t, open(t, crashed, "d/a", os.O_RDWR), "2", 0)
	wantPending(t, crashed, "size of d/a: [0 1]", "d/a [0,512): 2 versions")
	wantPending(t, sim, "rename e/a to e/b", "rename d to e", "size of e/b: [0 1]", "e/b [0,512): 2 versions")
}

// The 4 KiB view: the sectors of a page are lost or kept together, and none is torn.
func TestPaged(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", "")
	g := durable(t, sim, "b", "")
	must(t, f.Preallocate(3*disk.PageSize))
	must(t, g.Preallocate(disk.PageSize))
	must(t, f.Sync())
	must(t, g.Sync())
	write(t, f, fill("a", 16), 1024)
	write(t, g, fill("b", 2), 0)
	asked := 0
	crash := func(mask int) *disk.Sim {
		asked = 0
		return sim.Crash(disk.Paged(func(u disk.Undecided) disk.Outcome {
			asked++
			return disk.Outcome{Version: mask >> (asked - 1) & 1, Cut: 8}
		}))
	}
	wantPicture(t, "first page", crash(1), "a=.1024a3072.8192 b=.4096")
	wantPicture(t, "second page", crash(2), "a=.4096a4096.4096 b=.4096")
	wantPicture(t, "second and other file's", crash(10), "a=.4096a4096.4096 b=b1024.3072")
	wantPicture(t, "third page", crash(4), "a=.8192a1024.3072 b=.4096")
	if asked != 4 {
		t.Errorf("Paged asked %d times, want once for each of 4 pages", asked)
	}
	create(t, sim, "c", "")
	wantPicture(t, "a name", sim.Crash(disk.Paged(disk.Kept)), "a=.1024a8192.3072 b=b1024.3072 c=")
}

// Random is the same for the same seed, goes to both ends, tears, and leaves what it may.
func TestRandom(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	f := durable(t, sim, "a", fill("a", 8))
	write(t, f, fill("b", 8), 0)
	write(t, f, fill("c", 8), 0)
	create(t, sim, "n", "")
	seen := map[string]bool{}
	torn := 0
	for seed := range uint64(500) {
		p := picture(t, sim.Crash(disk.Random(seed)))
		if again := picture(t, sim.Crash(disk.Random(seed))); p != again {
			t.Fatalf("seed %d: once %q, then %q", seed, p, again)
		}
		seen[p] = true
		if left := strings.Trim(p, "an= 0123456789bc."); left != "" {
			t.Errorf("seed %d: %q shows what nobody wrote: %q", seed, p, left)
		}
		body := content(t, sim.Crash(disk.Random(seed)), "a")
		for i := range 8 {
			if s := body[i*512:][:512]; s != strings.Repeat(s[:1], 512) {
				torn++
			}
		}
	}
	for _, p := range []string{picture(t, sim.Crash(disk.Lost)), picture(t, sim.Crash(disk.Kept))} {
		if !seen[p] {
			t.Errorf("of 500 seeds none leaves %q", p)
		}
	}
	if torn < 100 || len(seen) < 100 {
		t.Errorf("500 seeds tear %d sectors and leave %d disks, want more than 100 of both", torn, len(seen))
	}
}

// The permissions of what a crash leaves are those it was created with.
func TestModesAfterCrash(t *testing.T) {
	t.Parallel()
	sim := disk.NewSim()
	must(t, sim.Mkdir("d", 0o750))
	f, err := sim.Open("d/a", os.O_RDWR|os.O_CREATE, 0o640)
	must(t, err)
	must(t, f.Close())
	crashed := sim.Crash(disk.Kept)
	for name, want := range map[string]fs.FileMode{"d": fs.ModeDir | 0o750, "d/a": 0o640} {
		if info, err := crashed.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("Stat(%q) = %v, %v, want %v", name, info, err, want)
		}
	}
}
