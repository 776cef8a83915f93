package layout

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Any bytes at all can be dumped, as a segment and as a .snap file, and read back.
func FuzzDump(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b, strings.HasPrefix(string(b), "\x08"))
	}
	f.Fuzz(func(t *testing.T, b []byte, snap bool) {
		checkRoundTrip(t, b, &Options{Snap: snap})
		dumped(t, b, &Options{Snap: snap, Shorten: true})
		for _, at := range []int64{0, int64(len(b) / 2), int64(len(b))} {
			if s := new(Options{Snap: snap}).Excerpt(b, at); !strings.Contains(s, "^^ here") {
				t.Errorf("Excerpt(%x, %d) has no arrow:\n%s", b, at, s)
			}
		}
	})
}

// Any text is read or refused; what is read can be dumped and read again.
func FuzzParse(f *testing.F) {
	f.Add("00000000  00 x 3\n00000003  ff | x\n# y")
	for _, b := range seeds(f) {
		f.Add(dumped(f, b, nil))
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := Parse(text)
		if err == nil && len(b) < 1<<20 {
			checkRoundTrip(t, b, nil)
		}
	})
}

// seeds are the bytes of the golden dumps.
func seeds(f *testing.F) (out [][]byte) {
	f.Helper()
	files, err := filepath.Glob("testdata/dumps/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("Glob() = %d files, %v", len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		b, err := Parse(string(text))
		if err != nil {
			f.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}
