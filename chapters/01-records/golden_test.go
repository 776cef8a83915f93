package records_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	records "example.com/logbook/chapters/01-records"
	golden "example.com/logbook/chapters/01-records/testdata/golden"
)

// update writes what is found into the golden files' section "expect". The
// section "log" is never touched: etcd wrote it.
var update = flag.Bool("update", false, "write the golden files' expectations anew")

// TestGolden reads logs that etcd wrote and compares what is found, record by
// record, with what the files expect.
func TestGolden(t *testing.T) {
	logs, err := golden.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		t.Run(l.Name, func(t *testing.T) {
			t.Parallel()
			got := describe(t, l.Bytes)
			if *update {
				rewrite(t, l.Name, got)
				return
			}
			if diff := cmp.Diff(l.Expect, got); diff != "" {
				t.Errorf("testdata/golden/%s.txtar: what is found mismatch (-want +got):\n%s", l.Name, diff)
			}
		})
	}
}

// describe prints the records of a log, one a line, and how it ends.
func describe(t *testing.T, b []byte) string {
	t.Helper()
	var s strings.Builder
	d := records.NewDecoder(bytes.NewReader(b), int64(len(b)))
	for {
		at := d.Offset()
		r, err := d.Next()
		if err != nil {
			break
		}
		fmt.Fprintf(&s, "%08x type %d crc %08x data %s\n", at, r.Type, r.CRC, summary(r.Data))
	}
	f, err := records.Judge(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&s, "%08x %v: %s\n", f.Offset, f.Verdict, f.Reason)
	return s.String()
}

// summary prints data on one line: its length and its first bytes.
func summary(data []byte) string {
	switch {
	case data == nil:
		return "nil"
	case len(data) == 0:
		return "empty"
	case len(data) > 16:
		return fmt.Sprintf("%d bytes: % x …", len(data), data[:16])
	}
	return fmt.Sprintf("%d bytes: % x", len(data), data)
}

// rewrite replaces the section "expect" of one golden file.
func rewrite(t *testing.T, name, expect string) {
	t.Helper()
	const heading = "-- expect --\n"
	path := filepath.Join("testdata", "golden", name+".txtar")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, _, ok := bytes.Cut(text, []byte(heading))
	if !ok {
		t.Fatalf("%s: no section expect", path)
	}
	if err := os.WriteFile(path, append(before, heading+expect...), 0o666); err != nil {
		t.Fatal(err)
	}
}
