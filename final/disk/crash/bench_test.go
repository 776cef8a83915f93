package crash_test

import (
	"os"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// BenchmarkRecoveries measures a search whose Recover does next to nothing: it opens a file and reads one sector of it.
func BenchmarkRecoveries(b *testing.B) {
	e := &crash.Experiment{
		Name: "benchmark",
		Work: func(fs disk.FS, note func(any)) error {
			f, err := fs.Open("log", os.O_RDWR|os.O_CREATE, disk.FileMode)
			if err != nil {
				return err
			}
			p := make([]byte, 14*disk.SectorSize)
			for i := range p {
				p[i] = byte(i)
			}
			f.Sync()
			fs.SyncDir(".")
			_, err = f.WriteAt(p, 0)
			return err
		},
		Recover: func(fs disk.FS, notes []any) error {
			f, err := fs.Open("log", os.O_RDONLY, 0)
			if err != nil {
				return nil
			}
			var p [disk.SectorSize]byte
			f.ReadAt(p[:], 0)
			return f.Close()
		},
	}
	var n int64
	b.ReportAllocs()
	for b.Loop() {
		report, err := e.Explore(b.Context(), &crash.Bounds{Subsets: 15})
		if err != nil {
			b.Fatal(err)
		}
		n += report.Distinct
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "recoveries/s")
}
