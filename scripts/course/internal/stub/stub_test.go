package stub_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

func TestFile(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/file.txtar")
	if err != nil {
		t.Fatal(err)
	}
	stubs := map[string]string{}
	for _, f := range archive.Files {
		stubs[f.Name] = string(f.Data)
	}
	for name, reference := range stubs {
		base, isReference := strings.CutSuffix(name, ".go")
		if !isReference {
			continue
		}
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			want, ok := stubs[base+".stub"]
			if !ok {
				want = reference
			}
			got, err := stub.File(filepath.Join(t.TempDir(), name), []byte(reference), "example.com/mini/chapters/course")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("File() mismatch (-want +got):\n%s", diff)
			}
			again, err := stub.File(filepath.Join(t.TempDir(), name), got, "example.com/mini/chapters/course")
			if err != nil || string(again) != string(got) {
				t.Errorf("the stub of the stub differs (%v):\n%s", err, again)
			}
		})
	}
}

func TestFileRefusesWhatDoesNotParse(t *testing.T) {
	t.Parallel()
	_, err := stub.File("broken.go", []byte("package"), "example.com/course")
	if err == nil || !strings.Contains(err.Error(), "broken.go:1") {
		t.Errorf("File() = %v, want an error that names broken.go:1", err)
	}
}

// project lays out testdata/project.txtar in a new folder.
func project(t *testing.T) *book.Book {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/project.txtar")
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range archive.Files {
		put(t, root, f.Name, string(f.Data))
	}
	return open(t, root)
}

func open(t *testing.T, root string) *book.Book {
	t.Helper()
	b, err := book.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, root, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFiles(t *testing.T) {
	t.Parallel()
	b := project(t)
	files, err := stub.Files(b, b.Chapters[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := string(files["one.go"]); !strings.Contains(got, `panic(course.TODO("1.1"))`) {
		t.Errorf("one.go has no stub:\n%s", got)
	}
	if got, want := string(files["two.go"]), get(t, b.Root, "chapters/01-one/two.go"); got != want {
		t.Errorf("two.go is not the reference's:\n%s", got)
	}
	want := strings.Replace(get(t, b.Root, "chapters/01-one/conformance_test.go"), "/01-one", "/01-one/exercise", 1)
	if diff := cmp.Diff(want, string(files[stub.Conformance])); diff != "" {
		t.Errorf("conformance_test.go mismatch (-want +got):\n%s", diff)
	}
}

func TestFilesRefusesAConformanceTestOfAnotherPackage(t *testing.T) {
	t.Parallel()
	b := project(t)
	put(t, b.Root, "chapters/01-one/conformance_test.go", "package one_test\n")
	if _, err := stub.Files(b, b.Chapters[0]); err == nil || !strings.Contains(err.Error(), "does not import") {
		t.Errorf("Files() = %v, want an error", err)
	}
}

// Edits are made at offsets of the source as it was, whatever their order.
func ExampleEdit() {
	src := []byte("one two three")
	fmt.Printf("%s\n", stub.Apply(src, []stub.Edit{{From: 8, To: 13, Text: "3"}, {From: 0, To: 3, Text: "uno"}}))
	// Output:
	// uno two 3
}
