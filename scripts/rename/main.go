// Command rename gives the module another path, everywhere: the path that
// this project was written under is a placeholder, because it had no host.
//
//	go run ./scripts/rename github.com/you/logbook
//
// It rewrites the module line of go.mod and what other module files say of
// it, the imports of every Go file (sorted again, where gofmt had sorted
// them), and every other mention of the path in a text file: in comments,
// strings, pages and scripts. It prints what it changed, and writes nothing
// before all of the new text is known.
//
// The old path is read from go.mod, so a renamed project can be renamed
// again. A path that Go would not accept is refused, and so is a git tree
// with changes of its own, in which those of the rename would be lost among
// others; -force goes on all the same, and does without git.
//
// What it does not do: move the project, name its remote, or publish it.
//
// Exit codes: 0 renamed, 1 refused or failed, 2 wrong usage.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

const usage = `usage: go run ./scripts/rename [-force] NEW/PATH

Renames the module: go.mod, imports, pages, scripts.

	$ go run ./scripts/rename github.com/you/logbook

	-force	also when the git tree has changes, or is none
`

func main() {
	os.Exit(run(".", os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings passed in; it returns the exit code.
func run(dir string, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("rename", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	force := flags.Bool("force", false, "")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 2
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	if err := rename(dir, flags.Arg(0), *force, stdout); err != nil {
		fmt.Fprintf(stderr, "rename: %v\n", err)
		return 1
	}
	return 0
}

// rename renames the module that holds dir.
func rename(dir, path string, force bool, stdout io.Writer) error {
	if err := module.CheckPath(path); err != nil {
		return fmt.Errorf("%w: give a path as an import has it, such as github.com/you/logbook", err)
	}
	root, old, err := find(dir)
	if err != nil {
		return err
	}
	if old == path {
		return fmt.Errorf("the module is called %s already", path)
	}
	if !force {
		if err := clean(root); err != nil {
			return err
		}
	}
	changes, err := plan(root, old, path)
	if err != nil {
		return err
	}
	total := 0
	for _, c := range changes {
		if err := os.WriteFile(filepath.Join(root, c.file), c.text, c.mode); err != nil {
			return fmt.Errorf("%w: the tree is renamed in part; restore it and rename again", err)
		}
		fmt.Fprintf(stdout, "%s: %d\n", filepath.ToSlash(c.file), c.count)
		total += c.count
	}
	fmt.Fprintf(stdout, "%s is now %s: %d mentions in %d files\n", old, path, total, len(changes))
	return nil
}

// find returns the folder of the module that holds dir, and its path.
func find(dir string) (root, path string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		name := filepath.Join(at, "go.mod")
		text, err := os.ReadFile(name)
		switch {
		case err == nil && modfile.ModulePath(text) == "":
			return "", "", fmt.Errorf("%s has no module line", name)
		case err == nil:
			return at, modfile.ModulePath(text), nil
		case !errors.Is(err, os.ErrNotExist):
			return "", "", err
		case at == filepath.Dir(at):
			return "", "", fmt.Errorf("no go.mod in %s or above: run this in the project", dir)
		}
	}
}

// clean returns an error unless the tree at root is git's and has no changes.
func clean(root string) error {
	status := exec.Command("git", "status", "--porcelain", "--", ".")
	status.Dir = root
	out, err := status.CombinedOutput()
	if err != nil {
		return fmt.Errorf("git status in %s: %w\n%suse -force to rename without git", root, err, out)
	}
	if len(out) > 0 {
		first, _, _ := strings.Cut(string(out), "\n")
		return fmt.Errorf("the tree has changes (%s): commit them, or use -force", strings.TrimSpace(first))
	}
	return nil
}
