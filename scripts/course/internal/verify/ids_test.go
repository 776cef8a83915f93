package verify

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/logbook/scripts/course/internal/book"
)

// TestIDs takes one id after the other away from a project that has all of them.
func TestIDs(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if missing, err := missingIDs(root); len(missing) > 0 || err != nil {
		t.Errorf("without final: %v, %v", missing, err)
	}
	var ids []string
	for _, kind := range required {
		for n := range kind.last {
			ids = append(ids, kind.letter+string(rune('0'+(n+1)/10))+string(rune('0'+(n+1)%10)))
		}
	}
	put("docs/format.md", "What cannot be had: W01.\n")
	for i := range ids {
		rest := slices.Delete(slices.Clone(ids), i, i+1)
		put("final/wal/some_test.go", "package wal // "+strings.Join(rest, " ")+"\nvar "+ids[i]+" int\n")
		missing, err := missingIDs(root)
		if err != nil {
			t.Fatal(err)
		}
		if want := ids[i] != "W01"; len(missing) > 1 || (len(missing) == 1) != want || want && !strings.HasPrefix(missing[0], ids[i]+":") {
			t.Errorf("without %s: %q", ids[i], missing)
		}
	}
}

// TestIDsOfFinal: none is missing here.
func TestIDsOfFinal(t *testing.T) {
	t.Parallel()
	root, err := book.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	missing, err := missingIDs(root)
	if err != nil || len(missing) > 0 {
		t.Errorf("missing: %s, %v", strings.Join(missing, "\n"), err)
	}
}
