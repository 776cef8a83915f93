package weave

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/logbook/scripts/course/internal/book"
)

// The real pages: what stands in them is what the code says.
func TestPages(t *testing.T) {
	t.Parallel()
	b := open(t)
	names, err := all(b)
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := texts(b, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		t.Errorf("%v; go generate ./scripts/course/...", p)
	}
}

// The real pages: what a command prints is what they show. Each page is a
// testscript of its own.
func TestConsoleBlocks(t *testing.T) {
	t.Parallel()
	if insideConsole() {
		t.Skip("these are the commands of a console block")
	}
	b := open(t)
	names, err := pages(b)
	if err != nil {
		t.Fatal(err)
	}
	_, sessions, err := texts(b, names, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		params, err := s.params(b, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		// The script's own subtest is parallel, so the comparison waits for it.
		t.Cleanup(func() {
			for _, p := range s.stale() {
				t.Errorf("%v\ngo generate ./scripts/course/...", p)
			}
		})
		testscript.Run(t, params)
	}
}

func open(t *testing.T) *book.Book {
	t.Helper()
	root, err := book.Find(".")
	if err != nil {
		t.Fatal(err)
	}
	b, err := book.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
