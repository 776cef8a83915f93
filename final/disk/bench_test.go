package disk_test

import (
	"fmt"
	"os"
	"testing"

	"example.com/logbook/final/disk"
)

// BenchmarkCrash measures one crash state as an enumerator makes them: a folder of four files, ten sectors undecided in
// the last, any subset of them kept, and all of it read again.
func BenchmarkCrash(b *testing.B) {
	sim := disk.NewSim()
	var f disk.File
	for i := range 4 {
		f, _ = sim.Open(fmt.Sprint(i, ".wal"), os.O_RDWR|os.O_CREATE, disk.FileMode)
		f.WriteAt(make([]byte, 8192), 0)
		f.WriteAt([]byte("head"), 0)
		f.Sync()
	}
	sim.SyncDir(".")
	f.WriteAt([]byte(fill("x", 10)), 512)
	p := make([]byte, 8192)
	b.ReportAllocs()
	mask := 0
	for b.Loop() {
		mask++
		crashed := sim.Crash(func(u disk.Undecided) disk.Outcome { return disk.Outcome{Version: mask >> u.Index & 1} })
		g, err := crashed.Open("3.wal", os.O_RDONLY, 0)
		if err != nil {
			b.Fatal(err)
		}
		g.ReadAt(p, 0)
	}
}

// BenchmarkWrite measures small appends, synced now and then.
func BenchmarkWrite(b *testing.B) {
	f, _ := disk.NewSim().Open("a", os.O_RDWR|os.O_CREATE, disk.FileMode)
	p := []byte(fill("x", 1))[:100]
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		f.WriteAt(p, int64(n%10000)*100)
		if n++; n%10 == 0 {
			f.Sync()
		}
	}
}
