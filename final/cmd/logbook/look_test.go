package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/logbook/final/wal"
)

// What looks wrong while a node writes is looked at again, and told only if it stays or if nothing was written.
func TestLook(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wrong, written, removed int // looks: at so many of them the log is wrong, or written, or a snapshot is removed
		want                    int // looks
		told                    string
	}{
		"faultless_and_quiet":   {want: 1},
		"faultless_and_written": {written: looks, want: 1},
		"wrong_and_quiet":       {wrong: looks, want: 1, told: "wrong"},
		"wrong_once":            {wrong: 1, written: looks, want: 2},
		"wrong_until_quiet":     {wrong: looks, written: 2, want: 3, told: "wrong"},
		"a_snapshot_is_removed": {wrong: 1, removed: 1, want: 2},
		"wrong_all_the_time":    {wrong: looks, written: looks, want: looks, told: "it was written each time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := place{wal: t.TempDir(), snap: t.TempDir()}
			gone := filepath.Join(at.snap, "gone.snap")
			if err := os.WriteFile(gone, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			n := 0
			v, _, err := look(at, func(v *verdict) (wal.Tail, error) {
				n++
				v.MayStart = true
				if n <= c.wrong {
					v.Damage = append(v.Damage, "wrong")
				}
				if n <= c.removed {
					os.Remove(gone)
				}
				if n <= c.written {
					return wal.Tail{}, os.WriteFile(filepath.Join(at.wal, "x.wal"), make([]byte, n), 0o600)
				}
				return wal.Tail{}, nil
			})
			told := strings.Join(append(v.Damage, v.Warnings...), "; ")
			if err != nil || n != c.want || !strings.Contains(told, c.told) || c.told == "" && told != "" {
				t.Errorf("look() has looked %d times and tells %q, %v, want %d and %q", n, told, err, c.want, c.told)
			}
		})
	}
}
