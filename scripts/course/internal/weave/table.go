package weave

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"example.com/logbook/final/layout"
	"example.com/logbook/scripts/course/internal/book"
	"example.com/logbook/scripts/course/internal/stub"
)

// table returns the Markdown table that args name, for that page.
func (w *weaver) table(page, args string) (string, error) {
	kind, arg, _ := strings.Cut(args, " ")
	if kind == "layout" {
		text := layout.Table(arg)
		if text == "" {
			return "", fmt.Errorf("no layout is called %q", arg)
		}
		return text, nil
	}
	number, err := strconv.Atoi(arg)
	switch {
	case kind == "etcd" && err == nil:
		return w.found("etcd-" + arg)
	case kind == "compat" && arg != "" && arg == path.Base(arg):
		return w.found(arg)
	case err != nil || kind != "edit" && kind != "changed":
		return "", errors.New("want: table layout NAME, table edit CHAPTER, table changed CHAPTER, table etcd CHAPTER, or table compat NAME")
	}
	c := w.book.Chapter(number)
	if c == nil {
		return "", fmt.Errorf("there is no chapter %d", number)
	}
	if kind == "edit" {
		return w.edit(page, c)
	}
	return w.changed(page, c)
}

// found returns a table that scripts/compat has written. Weaving does not need etcd: a
// test there holds the file to it.
func (w *weaver) found(name string) (string, error) {
	text, err := os.ReadFile(w.book.Path("scripts/compat/testdata/" + name + ".md"))
	return string(text), err
}

// edit lists the functions that a reader of the chapter writes. The lines are
// those of untouched stubs, whatever is on the desk: a page must not go stale
// because a learner has begun to write.
func (w *weaver) edit(page string, c *book.Chapter) (string, error) {
	files, err := stub.Files(w.book, c)
	if err != nil {
		return "", err
	}
	lines := map[string]int{}
	for name, src := range files {
		if err := functionLines(lines, name, src); err != nil {
			return "", err
		}
	}
	rows := [][]string{{"exercise", "function", "file"}}
	for _, e := range c.Exercises {
		for _, f := range e.Functions {
			file := path.Join(c.Desk, path.Base(f.Reference.File))
			rows = append(rows, []string{e.ID + " " + e.Title, "`" + f.Name + "`", link(page, file, lines[f.Name])})
		}
	}
	return markdown(rows), nil
}

// functionLines notes in which line of src each of its functions stands.
func functionLines(lines map[string]int, name string, src []byte) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			lines[book.FuncName(f)] = fset.Position(f.Pos()).Line
		}
	}
	return nil
}

// changed lists what the chapter's package exports.
func (w *weaver) changed(page string, c *book.Chapter) (string, error) {
	p, err := w.load(c.Folder)
	if err != nil {
		return "", err
	}
	rows := [][]string{{"declaration", "file"}}
	for _, f := range p.files {
		if strings.HasSuffix(f.name, "_test.go") {
			continue
		}
		for _, d := range f.ast.Decls {
			for _, heading := range headings(d) {
				rows = append(rows, []string{"`" + heading + "`", link(page, f.name, 0)})
			}
		}
	}
	return markdown(rows), nil
}

// headings returns one line for a function, and for each type, constant or
// variable of a declaration, that is exported.
func headings(d ast.Decl) []string {
	if f, ok := d.(*ast.FuncDecl); ok {
		if parts := strings.Split(book.FuncName(f), "."); slices.ContainsFunc(parts, unexported) {
			return nil
		}
		return []string{oneLine(&ast.FuncDecl{Recv: f.Recv, Name: f.Name, Type: f.Type})}
	}
	var found []string
	for _, name := range declared(d) {
		if !unexported(name) {
			found = append(found, d.(*ast.GenDecl).Tok.String()+" "+name)
		}
	}
	return found
}

func unexported(name string) bool { return !ast.IsExported(name) }

// oneLine prints a declaration without its comments on a single line.
func oneLine(d ast.Decl) string {
	var b bytes.Buffer
	if err := printer.Fprint(&b, token.NewFileSet(), d); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// link returns a Markdown link from the page to a file, and to its line unless
// that is 0.
func link(page, file string, line int) string {
	target, err := filepath.Rel(path.Dir(page), file)
	if err != nil {
		target = file
	}
	text, target := path.Base(file), filepath.ToSlash(target)
	if line > 0 {
		text, target = text+":"+strconv.Itoa(line), target+"#L"+strconv.Itoa(line)
	}
	return "[`" + text + "`](" + target + ")"
}

// markdown returns a table whose first row is its head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintln(&b, "|"+strings.Repeat("---|", len(row)))
		}
	}
	return b.String()
}
