package snap_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"example.com/logbook/final/snap"
)

// TestLengthBeforeMemory: what a file says of its sizes is checked before anything of its size is allocated, and told. Not parallel, so that
// no other test allocates meanwhile.
func TestLengthBeforeMemory(t *testing.T) {
	whole := encode(t, snapshot(5, 2, "five"))
	for _, c := range []struct {
		name string
		data []byte
		size int64 // zeros follow up to it
		want string
	}{
		{"extended", whole, 6 << 30, "at offset 26 of 6442450944 stands no field;"},
		{"cut", whole[:len(whole)-3], 0, "should have 18 bytes from offset 8 on, but the file ends 15 bytes behind it, at 23"},
		{"length", protowire.AppendVarint([]byte{2<<3 | 2}, 1<<62), 0, "should have 4611686018427387904 bytes from offset 10 on, but the file ends 0 bytes behind it"},
		{"cut_length", whole[:7], 0, "field 2, at offset 6 of 7, is cut or no number;"},
		{"twice", append(append([]byte{}, whole...), whole...), 0, "field 1 stands there twice, again at offset 26"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name(5, 2))
			if err := os.WriteFile(file, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			if c.size > 0 {
				if err := os.Truncate(file, c.size); err != nil {
					t.Skip(err)
				}
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := snap.Read(file, nil)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, snap.ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Read() error = %v, want ErrCorrupt: …%s…", err, c.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
				t.Errorf("Read() allocated %d bytes", used)
			}
		})
	}
}
