package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// figure is one picture of the book.
type figure struct {
	// name is the file's, without folder and suffix.
	name string
	// draw draws it from bytes that it makes. An error says which part of the
	// picture's story does not hold.
	draw func() (*canvas, error)
}

// figures is every picture, chapter by chapter.
var figures = []figure{
	{"frame", drawFrame},
	{"chain", drawChain},
	{"pages", drawPages},
	{"torn", drawTorn},
	{"evidence", drawEvidence},
	{"segments", drawSegments},
	{"create", drawCreate},
	{"cut", drawCut},
	{"border", drawBorder},
	{"repair", drawRepair},
	{"overwrite", drawOverwrite},
	{"snapfile", drawSnapFile},
	{"matrix", drawMatrix},
	{"release", drawRelease},
}

func main() {
	check := flag.Bool("check", false, "write nothing; exit with 1 when a figure is stale")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./scripts/figures [-check]")
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*check); err != nil {
		fmt.Fprintf(os.Stderr, "figures: %v\n", err)
		os.Exit(1)
	}
}

// run draws every figure into docs/figures of the project it is run in, or
// compares them with what is there.
func run(check bool) error {
	root, err := projectRoot()
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "docs", "figures")
	var failed []error
	for _, f := range figures {
		want, err := render(f)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		if err := put(filepath.Join(dir, f.name+".svg"), want, check); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// render returns the file of one figure.
func render(f figure) ([]byte, error) {
	c, err := f.draw()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	s, err := c.svg()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.name, err)
	}
	return []byte(s), nil
}

// put makes the file at path hold want. With check it only says when it does not.
func put(path string, want []byte, check bool) error {
	got, err := os.ReadFile(path)
	if err == nil && bytes.Equal(got, want) {
		return nil
	}
	if check {
		return fmt.Errorf("%s is missing or stale: run go run ./scripts/figures", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, want, 0o644)
}

// projectRoot returns the folder at or above the working directory that holds
// go.mod.
func projectRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod here or above: run this inside the project")
		}
		dir = parent
	}
}
