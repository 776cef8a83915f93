package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/final/internal/fixtures"
)

// Colour is for terminals, and never against the wish of NO_COLOR. The null device
// stands for a terminal: both are character devices.
func TestColour(t *testing.T) {
	device, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, c := range []struct {
		name, noColor, term string
		file                *os.File
		want                bool
	}{
		{"a_terminal", "", "xterm", device, true},
		{"a_file", "", "xterm", file, false},
		{"no_color", "1", "xterm", device, false},
		{"no_color_however_set", "0", "xterm", device, false},
		{"a_dumb_terminal", "", "dumb", device, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", c.noColor)
			t.Setenv("TERM", c.term)
			if got := colour(c.file); got != c.want {
				t.Errorf("colour() = %t, want %t", got, c.want)
			}
		})
	}
}

// A full disk under the output is a failure: half a result must not pass for a whole.
func TestOutputFails(t *testing.T) {
	t.Parallel()
	dir := fixtures.Unpack(t, "etcd-v3.7.3-single")
	segment := filepath.Join(dir, "wal", "0000000000000000-0000000000000000.wal")
	for _, args := range [][]string{{"inspect", dir}, {"inspect", "-json", dir}, {"dump", dir}, {"hex", segment}, {"verify", dir}, {"verify", "-json", dir}, {"repair", dir},
		{"bench", "-time", "1ms", "-segment", "16384", t.TempDir()}} {
		var messages bytes.Buffer
		code := (&app{out: full{}, err: &messages}).run(args)
		if code != exitLog || !strings.Contains(messages.String(), "no space left") {
			t.Errorf("logbook %s exits with %d and says %q, want 1 and the writer's error", args[0], code, messages.String())
		}
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// A letter prints, but may turn the line around; a control byte does worse.
func TestSamplesAreASCII(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\u05d0b":                      `3 bytes "\xd7\x90b"`,
		"\x1b[2J":                      `4 bytes "\x1b[2J"`,
		"\"\n":                         `2 bytes "\"\n"`,
		"x":                            `1 byte "x"`,
		"":                             `0 bytes ""`,
		strings.Repeat("x", 24):        `24 bytes "xxxxxxxxxxxxxxxxxxxxxxxx"`,
		strings.Repeat("x", 23) + "yz": `25 bytes "xxxxxxxxxxxxxxxxxxxxxxxy"...`,
	} {
		if got := data([]byte(in)); got != want {
			t.Errorf("data(%q) = %s, want %s", in, got, want)
		}
	}
	if got := data(nil); got != "no data" {
		t.Errorf("data(nil) = %s, want %s", got, "no data")
	}
}
