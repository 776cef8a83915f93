package disk_test

import (
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/logbook/final/disk"
)

// show prints the files of a disk and what they hold.
func show(what string, fsys disk.FS) {
	fmt.Printf("%s:", what)
	entries, err := fsys.List(".")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range entries {
		f, err := fsys.Open(e.Name(), os.O_RDONLY, 0)
		if err != nil {
			fmt.Println(err)
			return
		}
		b, _ := io.ReadAll(io.NewSectionReader(f, 0, 1<<20))
		f.Close()
		fmt.Printf(" %s=%q", e.Name(), b)
	}
	fmt.Println()
}

// To replace a file so that no crash loses both: write another, sync it, rename it, and sync the folder, because the
// new name is not durable before.
func ExampleFS() {
	replace := func(fsys disk.FS, name string, data []byte) error {
		f, err := fsys.Open(name+".tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
		if err != nil {
			return err
		}
		defer f.Close()
		if _, err := f.WriteAt(data, 0); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
		if err := fsys.Rename(name+".tmp", name); err != nil {
			return err
		}
		return fsys.SyncDir(".")
	}

	sim := disk.NewSim()
	fmt.Println(replace(sim, "config", []byte("one")))
	show("after power loss", sim.Crash(disk.Lost))
	// Output:
	// <nil>
	// after power loss: config="one"
}

// A file that another holds is refused at once, and a second Lock by the holder is not.
func ExampleFile() {
	dir, err := os.MkdirTemp("", "disk")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	fsys, err := disk.OS(dir)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer fsys.Close()

	ours, _ := fsys.Open("0.wal", os.O_RDWR|os.O_CREATE, disk.FileMode)
	defer ours.Close()
	theirs, _ := fsys.Open("0.wal", os.O_RDWR, 0)
	defer theirs.Close()
	fmt.Println(ours.Lock(), ours.Lock())
	fmt.Println(errors.Is(theirs.Lock(), disk.ErrLocked))

	_, err = fsys.Open("../elsewhere", os.O_RDONLY, 0)
	fmt.Println(err)
	// Output:
	// <nil> <nil>
	// true
	// open ../elsewhere: not a name inside the folder: use slash-separated, local names
}

// What was synced survives, if its name does: here the file was synced, its folder was not.
func ExampleSim() {
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("data"), 0)
	f.Sync()
	show("kill -9", sim.Kill())
	show("power loss", sim.Crash(disk.Lost))

	sim.SyncDir(".")
	f.WriteAt([]byte("more"), 4)
	show("power loss", sim.Crash(disk.Lost))
	// Output:
	// kill -9: a="data"
	// power loss:
	// power loss: a="data"
}

// The choice sees one undecided thing after the other. This one keeps every name and size, and no data: a file's size
// proves nothing about its content.
func ExampleChoice() {
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("data"), 0)
	sizes := func(u disk.Undecided) disk.Outcome {
		if u.Kind == disk.SectorKind {
			return disk.Outcome{}
		}
		return disk.Outcome{Version: u.Versions - 1}
	}
	show("names and sizes", sim.Crash(sizes))
	show("by chance", sim.Crash(disk.Random(2)))
	show("the same seed", sim.Crash(disk.Random(2)))
	// Output:
	// names and sizes: a="\x00\x00\x00\x00"
	// by chance: a="\x00\x00\x00\x00"
	// the same seed: a="\x00\x00\x00\x00"
}

// A sector is torn in steps of eight bytes: here the first word is new, and the others are old.
func ExampleOutcome() {
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("old old old old "), 0)
	f.Sync()
	sim.SyncDir(".")
	f.WriteAt([]byte("new new new new "), 0)
	show("torn", sim.Crash(func(disk.Undecided) disk.Outcome {
		return disk.Outcome{Version: 1, Cut: 8, Behind: 0}
	}))
	// Output:
	// torn: a="new new old old "
}

// Names come first, then each file's size and sectors.
func ExampleUndecided() {
	sim := disk.NewSim()
	f, _ := sim.Open("a.tmp", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("data"), 510)
	sim.Rename("a.tmp", "a")
	for _, u := range sim.Pending() {
		fmt.Println(u.Index, u)
	}
	// Output:
	// 0 create a.tmp
	// 1 rename a.tmp to a
	// 2 size of a: [0 514]
	// 3 a [0,512): 2 versions
	// 4 a [512,1024): 2 versions
}

// The kinds differ in what their versions are: a name has two, the others as many as there were changes.
func ExampleKind() {
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("1"), 0)
	f.WriteAt([]byte("23"), 0)
	for _, u := range sim.Pending() {
		switch u.Kind {
		case disk.NameKind:
			fmt.Println("name:", u.Op, u.Name)
		case disk.SizeKind:
			fmt.Println("size:", u.Sizes)
		case disk.SectorKind:
			fmt.Println("sector:", u.Versions, "versions at", u.Offset)
		}
	}
	// Output:
	// name: create a
	// size: [0 1 2]
	// sector: 3 versions at 0
}

// A sweep makes each write fail in turn, and ends when the fault found no operation left.
func ExampleFault() {
	for nth := 1; ; nth++ {
		sim := disk.NewSim()
		struck := sim.Inject(disk.Fault{Ops: disk.OpWrite | disk.OpSync, Nth: nth, Bytes: 2, Err: errors.New("cable out")})
		f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
		n, werr := f.WriteAt([]byte("data"), 0)
		serr := f.Sync()
		if struck() == 0 {
			break
		}
		fmt.Println(n, werr, serr)
	}
	// Output:
	// 2 write a: cable out <nil>
	// 4 <nil> sync a: cable out
}

// After a sync that failed, a second one succeeds and proves nothing: the page was marked clean, and is never written.
func ExamplePages() {
	sim := disk.NewSim()
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("data"), 0)
	sim.SyncDir(".")
	sim.Inject(disk.Fault{Ops: disk.OpSync, Pages: disk.PagesClean})
	fmt.Println(f.Sync() != nil)
	fmt.Println(f.Sync())
	show("a read", sim)
	show("power loss", sim.Crash(disk.Lost))
	// Output:
	// true
	// <nil>
	// a read: a="data"
	// power loss: a="\x00\x00\x00\x00"
}

// A function that watches can take the disk as every crash would find it.
func ExampleEvent() {
	sim := disk.NewSim()
	var points []*disk.Sim
	sim.Watch(func(e disk.Event) {
		if e.Op&disk.OpChanges != 0 {
			fmt.Println(len(points), e)
			points = append(points, sim.Kill())
		}
	})
	f, _ := sim.Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	f.WriteAt([]byte("data"), 0)
	f.Sync()
	f.Close()
	show("power loss after 1", points[1].Crash(disk.Kept))
	// Output:
	// 0 create a
	// 1 write a [0,4)
	// 2 sync a
	// power loss after 1: a="data"
}

// Kinds combine, to select what a fault may hit or what a log shows.
func ExampleOp() {
	fmt.Println(disk.OpWrite | disk.OpTruncate)
	fmt.Println(disk.OpChanges&disk.OpRead != 0)
	// Output:
	// write|truncate
	// false
}
