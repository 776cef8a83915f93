package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/layout"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"logbook": main})
}

// The scripts are the specification of the command line; why it behaves so stands
// above each step. Beside the commands of testscript they have
//
//	fixture NAME DIR      unpack a directory that real etcd left
//	undump TEXT FILE      write the bytes of a dump
//	flip FILE OFFSET BIT  change one bit
//	cut FILE SIZE         truncate, or extend with zeros
//	exits CODE CMD...     run a command and compare its exit code
//	quiet                 the last command wrote nothing that is no text
//	glob PATTERN          some file has such a name
//	waitfor PATTERN       the same, within a minute
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond == "root" {
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fixture": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(fixtures.Unpack(t, args[0]))))
				for _, name := range []string{"wal", "snap"} {
					ts.Check(os.Chmod(filepath.Join(ts.MkAbs(args[1]), name), 0o700))
				}
			},
			"undump": undump,
			"flip":   flip,
			"cut": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(os.Truncate(ts.MkAbs(args[0]), int64(number(ts, args[1]))))
			},
			"exits": exits,
			"quiet": quiet,
			"glob": func(ts *testscript.TestScript, neg bool, args []string) {
				if names := glob(ts, args); (len(names) == 0) != neg {
					ts.Fatalf("files %v", names)
				}
			},
			"waitfor": func(ts *testscript.TestScript, _ bool, args []string) {
				for end := time.Now().Add(time.Minute); len(glob(ts, args)) == 0; time.Sleep(5 * time.Millisecond) {
					if time.Now().After(end) {
						ts.Fatalf("nothing is called %s after a minute", args[0])
					}
				}
			},
		},
	})
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.ParseInt(s, 0, 64)
	ts.Check(err)
	return int(n)
}

// glob returns the files of a pattern.
func glob(ts *testscript.TestScript, args []string) []string {
	names, err := filepath.Glob(ts.MkAbs(args[0]))
	ts.Check(err)
	return names
}

func undump(ts *testscript.TestScript, _ bool, args []string) {
	b, err := layout.Parse(ts.ReadFile(args[0]))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), b, 0o600))
}

func flip(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	defer f.Close()
	b, off := make([]byte, 1), int64(number(ts, args[1]))
	_, err = f.ReadAt(b, off)
	ts.Check(err)
	b[0] ^= 1 << number(ts, args[2])
	_, err = f.WriteAt(b, off)
	ts.Check(err)
}

// exits runs a command, whose output the script's next steps then look at.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		if _, e := fmt.Sscanf(err.Error(), "exit status %d", &code); e != nil {
			ts.Fatalf("%s: %v", args[1], err)
		}
	}
	if code != number(ts, args[0]) {
		ts.Fatalf("%s exits with %d, want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// quiet makes sure of what a terminal gets.
func quiet(ts *testscript.TestScript, _ bool, _ []string) {
	for _, name := range []string{"stdout", "stderr"} {
		for i, c := range []byte(ts.ReadFile(name)) {
			if c != '\n' && (c < 0x20 || c > 0x7e) {
				ts.Fatalf("%s has the byte %#x at %d", name, c, i)
			}
		}
	}
}

// Inspect gives, for every directory that real etcd has left, what etcd itself reads
// from it, in both dialects. B01
func TestInspectFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, messages bytes.Buffer
			a := &app{out: &out, err: &messages}
			if code := a.run([]string{"inspect", "-json", fixtures.Unpack(t, name)}); code != exitFine || messages.Len() > 0 {
				t.Fatalf("inspect exits with %d and says %q, want 0 and nothing", code, messages.String())
			}
			want, got := decode(t, fixtures.JSON(t, name)), decode(t, out.Bytes())
			presence := cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.GoString(), `["Error"].(string)`) },
				cmp.Comparer(func(a, b string) bool { return (a == "") == (b == "") }))
			if diff := cmp.Diff(want, got, presence); diff != "" {
				t.Errorf("inspect -json mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// decode keeps every number as it is written: ids do not fit a float.
func decode(t *testing.T, b []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// No byte that a real etcd wrote is marked as damage, and every one comes back.
func TestHexFixtures(t *testing.T) {
	t.Parallel()
	for _, name := range fixtures.Names(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join(fixtures.Unpack(t, name), "*", "*"))
			if err != nil || len(files) < 3 {
				t.Fatalf("Glob() = %q, %v, want a segment and snapshots", files, err)
			}
			for _, file := range files {
				hexFile(t, file, strings.HasSuffix(name, "three-segments"))
			}
		})
	}
}

// hexFile dumps a file, shortened when it is full of long data. Of other segments only
// a few of the zeros at their end are kept.
func hexFile(t *testing.T, file string, shorten bool) {
	t.Helper()
	var out, messages bytes.Buffer
	a := &app{out: &out, err: &messages}
	args := []string{"hex", file}
	if shorten {
		args = []string{"hex", "-shorten", file}
	} else if filepath.Ext(file) == ".wal" {
		if err := os.Truncate(file, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	if code := a.run(args); code != exitFine {
		t.Errorf("logbook %s exits with %d: %s", strings.Join(args, " "), code, messages.String())
	}
	if shorten {
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := layout.Parse(out.String()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the dump of %s does not hold its bytes: %v", file, err)
	}
}
