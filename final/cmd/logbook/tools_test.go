package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/wal"
)

// A log that a node has open is not repaired, nor does a dry run touch it.
func TestRepairRefusesALogInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "wal")
	w, err := wal.Create(dir, nil, &wal.Options{NoBackground: true, SegmentSize: 1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"repair", dir}, {"repair", "-yes", dir}} {
		var out, messages bytes.Buffer
		code := (&app{out: &out, err: &messages}).run(args)
		if code != exitLog || !strings.Contains(messages.String(), "stop the other user of this log first") {
			t.Errorf("logbook %v exits with %d and says %q, want 1 and why", args, code, messages.String())
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// A dry run changes no byte, name, size or time of a folder, whatever there is to
// repair.
func TestDryRepairChangesNothing(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(fixtures.Unpack(t, "etcd-v3.7.3-single"), "wal")
	segment := filepath.Join(dir, "0000000000000000-0000000000000000.wal")
	for _, size := range []int64{7247, 7230, 7201, 7208, 5000, 60} {
		if err := os.Truncate(segment, size); err != nil {
			t.Fatal(err)
		}
		before := stats(t, dir)
		var out bytes.Buffer
		if code := (&app{out: &out, err: io.Discard}).run([]string{"repair", dir}); code != exitFine || !strings.Contains(out.String(), "would cut") && size != 5000 {
			t.Errorf("at %d bytes, repair exits with %d and says %q", size, code, out.String())
		}
		if diff := cmp.Diff(before, stats(t, dir)); diff != "" {
			t.Errorf("at %d bytes, the dry run has changed the folder (-before +after):\n%s", size, diff)
		}
	}
}

// stats describes the files of a folder.
func stats(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		m[e.Name()] = info.Mode().String() + info.ModTime().String() + string(b)
	}
	return m
}

// The dry run says what the repair then does, to the byte and the name. Not parallel:
// the scripts fork, and a child has a copy of every descriptor, with its lock, until it
// becomes another program.
func TestDryRepairIsTheRepair(t *testing.T) {
	for _, size := range []int64{7247, 7201, 4711, 200} {
		dir := filepath.Join(fixtures.Unpack(t, "etcd-v3.7.3-single"), "wal")
		if err := os.Truncate(filepath.Join(dir, "0000000000000000-0000000000000000.wal"), size); err != nil {
			t.Fatal(err)
		}
		run := func(args ...string) string {
			var out bytes.Buffer
			if code := (&app{out: &out, err: &out}).run(args); code != exitFine {
				t.Fatalf("%v exits with %d: %s", args, code, &out)
			}
			return out.String()
		}
		would := strings.NewReplacer("would cut", "cut", "would be kept", "is kept", "nothing was changed; -yes does it\n", "").Replace(run("repair", dir))
		if diff := cmp.Diff(run("repair", "-yes", dir), would); diff != "" {
			t.Errorf("at %d bytes, mismatch (-done +said):\n%s", size, diff)
		}
	}
}

// Percentiles are values that were measured.
func TestSeries(t *testing.T) {
	t.Parallel()
	s := &series{elapsed: 5050}
	for i := 100; i > 0; i-- {
		s.took = append(s.took, time.Duration(i))
	}
	got := []time.Duration{s.each(), s.at(0), s.at(0.5), s.at(0.99), s.at(0.999), s.at(1)}
	if diff := cmp.Diff([]time.Duration{50, 1, 50, 99, 100, 100}, got); diff != "" {
		t.Errorf("percentiles mismatch (-want +got):\n%s", diff)
	}
	if none := (&series{}); none.each() != 0 || none.at(0.5) != 0 {
		t.Error("a series of nothing takes time")
	}
	for d, want := range map[time.Duration]string{0: "0 ns", 999: "999 ns", 1234: "1.23 us", 45678 * time.Microsecond: "45.7 ms", 1500 * time.Millisecond: "1.5 s", 999999: "999 us"} {
		if got := short(d); got != want {
			t.Errorf("short(%d) = %q, want %q", d, got, want)
		}
	}
}

// The picture is well-formed, draws each operation once, and carries no text as markup.
func TestDrawHistograms(t *testing.T) {
	t.Parallel()
	a := &series{took: []time.Duration{100, 100, 100, 1000}}
	picture := drawHistograms("a < b", []named{{"a", a}, {"<none>", &series{}}})
	bars := 0
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
		}
	}
	if bars != 3 { // the background, 100 ns, 1 us
		t.Errorf("%d rectangles, want 3:\n%s", bars, picture)
	}
	for _, want := range []string{"a &lt; b", "75.00 % from", "25.00 % from", "&lt;none&gt;: 0 operations", ">200 ns<"} {
		if !strings.Contains(picture, want) {
			t.Errorf("no %q in\n%s", want, picture)
		}
	}
}

// The last mount of the longest path is the one that a folder is on.
func TestMounted(t *testing.T) {
	t.Parallel()
	const info = `22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /data rw,relatime shared:1 - xfs /dev/vdb rw
24 23 0:6 / /data/in\040memory rw - tmpfs tmpfs rw
25 22 0:7 / /data rw - btrfs /dev/vdc rw
nonsense
`
	for dir, want := range map[string]string{
		"/": "ext4", "/database": "ext4", "/data": "btrfs", "/data/x": "btrfs", "/data/in memory/x": "tmpfs",
	} {
		if got := mounted(info, dir); got != want {
			t.Errorf("mounted(%q) = %q, want %q", dir, got, want)
		}
	}
	if got := mounted("", "/"); got != "a file system of unknown kind" {
		t.Errorf("mounted() of nothing = %q", got)
	}
}
