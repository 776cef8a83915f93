package crash_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"example.com/logbook/final/disk"
	"example.com/logbook/final/disk/crash"
)

// told explores and returns the trace of the violation.
func told(t *testing.T, e *crash.Experiment, b *crash.Bounds) string {
	t.Helper()
	_, err := e.Explore(t.Context(), b)
	v, ok := errors.AsType[*crash.Violation](err)
	if !ok {
		t.Fatalf("Explore() = %v, want a violation", err)
	}
	return v.Trace
}

// wantLines checks that a trace has lines, in this order.
func wantLines(t *testing.T, trace string, lines ...string) {
	t.Helper()
	rest := "\n" + trace
	for _, line := range lines {
		_, behind, ok := strings.Cut(rest, "\n"+line+"\n")
		if !ok {
			t.Fatalf("no line %q, or not behind those before it, in\n%s", line, trace)
		}
		rest = "\n" + behind
	}
}

// overwrite is an experiment that writes over a durable sector of ones.
func overwrite(content string, check func(got string) error) *crash.Experiment {
	return &crash.Experiment{
		Name: "overwrite",
		Start: func(fs disk.FS) error {
			s := &script{fs: fs}
			s.put("7", strings.Repeat("1", disk.SectorSize))
			return s.err
		},
		Work: func(fs disk.FS, note func(any)) error {
			s := &script{fs: fs}
			s.write(s.file("7"), 64, content)
			return s.err
		},
		Recover: func(fs disk.FS, notes []any) error { return check(read(fs, "7")) },
	}
}

// An experiment says itself how its disks are made again.
func TestRepeat(t *testing.T) {
	t.Parallel()
	for how, want := range map[string]string{"": "", "run it with TOKEN": "run it with 97263486_2n1-1.1.0"} {
		e := greeting(false)
		e.Repeat = func(token string) string { return strings.ReplaceAll(how, "TOKEN", token) }
		trace := told(t, e, nil)
		if end := trace[strings.LastIndex(trace, "zeros")+len("zeros"):]; strings.TrimSpace(end) != want {
			t.Errorf("behind the disk the trace says %q, want %q", end, want)
		}
	}
}

// A torn sector is told by the part of it that was written, and both sides of the tear.
func TestTornTrace(t *testing.T) {
	t.Parallel()
	e := overwrite(strings.Repeat("2", 16), func(got string) error {
		if got[64] == '1' && got[72] == '2' {
			return errors.New("the second half of it")
		}
		return nil
	})
	wantLines(t, told(t, e, &crash.Bounds{Torn: true, Depth: -1}),
		`On the disk at the start:`,
		`    "7", 512 bytes`,
		`      #1  write "7" [64,80)                       NOT durable: no Sync of the file since`,
		`    TORN   "7" [64,80) (#1): left is the older content in front of byte 72, what was written last behind it`,
		`        written  [64,72)      "22222222"`,
		`        left     [64,72)      "11111111"`)
}

// Zeros have their own line, and do not hide what lies behind them; what is no text is shown in hex.
func TestDumps(t *testing.T) {
	t.Parallel()
	e := overwrite(strings.Repeat("\x00", 64)+"\x01\xff text"+strings.Repeat("\x00", disk.SectorSize), func(got string) error {
		if len(got) > disk.SectorSize {
			return errors.New("too long")
		}
		return nil
	})
	wantLines(t, told(t, e, &crash.Bounds{Depth: -1}),
		`The disk after the crash:`,
		`        [0,48)       "`+strings.Repeat("1", 48)+`"`,
		`        [48,64)      "`+strings.Repeat("1", 16)+`"`,
		`        [64,128)     zeros`,
		`        [128,135)    01 ff 20 74 65 78 74                             |.. text|`,
		`        [135,647)    zeros`)
}

// Where no more can be lost, the trace says where to look; what fails behind the check is not taken for it.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	e := written(1, func(fs disk.FS, notes []any) error {
		if read(fs, "a") == "x" {
			return errors.New("x")
		}
		return nil
	})
	wantLines(t, told(t, e, nil),
		`written: a crash breaks a promise`, ``, `The check after the crash says:`, `    x`,
		`      #1  write "a" [0,1)`,
		`          nothing more was to come`,
		`Nothing was lost: the order or the content is wrong.`)
	e.Recover = fine
	e.Again = func(fs disk.FS, notes []any, note func(any)) error {
		_, err := fs.Open("b", os.O_RDONLY, 0)
		return err
	}
	wantLines(t, told(t, e, nil),
		`The check after the crash finds nothing, but then the program cannot go on:`,
		`          (no operation)`,
		`          next would be: write "a" [0,1)`)
}

// Only what gave a file its size is named with it.
func TestAuthors(t *testing.T) {
	t.Parallel()
	e := overwrite("22", func(got string) error {
		if len(got) == disk.SectorSize && strings.HasPrefix(got, "33") {
			return errors.New("short")
		}
		return nil
	})
	e.Work = func(fs disk.FS, note func(any)) error {
		s := &script{fs: fs}
		f := s.file("7")
		s.write(f, 0, "22")
		if s.err == nil {
			s.err = f.Preallocate(100)
		}
		s.write(f, disk.SectorSize, "22")
		s.write(f, 0, "33")
		if s.err == nil {
			note("all written")
		}
		return s.err
	}
	check := e.Recover
	e.Recover = func(fs disk.FS, notes []any) error {
		if len(notes) == 0 {
			return nil
		}
		return check(fs, notes)
	}
	wantLines(t, told(t, e, &crash.Bounds{Depth: -1}),
		`    kept   "7" [0,2) (#1, #4): if it were lost too, no promise would break`,
		`    LOST   size of "7" (#3): left is 512, not 514`,
		`    kept   "7" [512,514) (#3)`)
}

// What a second life noted is told however much it did then.
func TestNotesOfAnotherLife(t *testing.T) {
	t.Parallel()
	e := written(1, func(fs disk.FS, notes []any) error {
		if len(read(fs, "b")) == 30 {
			return errors.New("thirty")
		}
		return nil
	})
	e.Again = func(fs disk.FS, notes []any, note func(any)) error {
		s := &script{fs: fs}
		f := s.file("b")
		note("what was read")
		for i := range 30 {
			s.write(f, int64(i), "y")
		}
		return s.err
	}
	wantLines(t, told(t, e, nil),
		`The check accepts this disk. What is done on it, up to the next crash:`,
		`      #1  create "b"`,
		`          noted: what was read`,
		`      …   14 operations`,
		`     #16  write "b" [14,15)`)
}
