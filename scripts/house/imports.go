package house

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/mod/modfile"
)

// A Package is one package as go list describes it: the fields that the rules
// read, named as go list names them.
type Package struct {
	ImportPath   string                // as it is imported
	Dir          string                // the folder of its files
	Module       *Module               // nil in the standard library
	Imports      []string              // of its production code, on one platform
	TestImports  []string              // of its tests inside the package
	XTestImports []string              // of its tests outside the package
	Error        *struct{ Err string } // why it could not be loaded
}

// A Module is what go list says about the module that a package belongs to.
type Module struct {
	Path string // as go.mod names it
	Main bool   // whether it is the one that was listed
}

// List returns the packages of the module at root and all that they need, as
// they are on one platform. A package that cannot be loaded is in the list,
// with its Error.
func List(root, goos, goarch string) ([]Package, error) {
	const fields = "ImportPath,Dir,Module,Imports,TestImports,XTestImports,Error"
	list := exec.Command("go", "list", "-e", "-deps", "-json="+fields, "./...")
	list.Dir = root
	list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0")
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", list, err, &stderr)
	}
	var packages []Package
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p Package
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%v: %w", list, err)
		}
		packages = append(packages, p)
	}
}

// Imports reports every import that the room of its package does not allow.
// Production code is followed through the module's own packages: what a
// package may not import it may not get through another one either. What a
// module from elsewhere imports counts as that module. Of a test, only what
// it imports itself is judged.
func Imports(packages []Package) []string {
	j := judge{packages: map[string]Package{}}
	for _, p := range packages {
		j.packages[p.ImportPath] = p
		if p.Module != nil && p.Module.Main {
			j.module = p.Module.Path
		}
	}
	if j.module == "" {
		return []string{"no package of a main module among those listed"}
	}
	for _, p := range packages {
		if _, ok := j.relative(p.ImportPath); ok {
			j.check(p)
		}
	}
	return j.found
}

// judge goes through the packages of one module.
type judge struct {
	module   string
	packages map[string]Package
	found    []string
}

// relative returns a path of the module relative to it, any other unchanged.
func (j *judge) relative(importPath string) (rel string, ours bool) {
	if importPath == j.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, j.module+"/")
}

func (j *judge) check(p Package) {
	rel, _ := j.relative(p.ImportPath)
	if p.Error != nil {
		j.found = append(j.found, breach(rel, 0, "%s", p.Error.Err))
		return
	}
	r, ok := roomOf(rel)
	if !ok {
		j.found = append(j.found, breach(rel, 0, "belongs to no room: give it a line in the table of scripts/house/rooms.go"))
		return
	}
	j.follow(r, []string{rel}, p, map[string]bool{})
	for _, tests := range [][]string{p.TestImports, p.XTestImports} {
		for _, to := range tests {
			if to, _ := j.relative(to); to != rel && !r.allowsTest(rel, to) {
				j.found = append(j.found, breach(rel, 0, "a test imports %s, which its room does not allow", to))
			}
		}
	}
}

// follow judges what p imports for the package that the trail begins with,
// then what p's imports do. A package is judged once, on the first trail to it.
func (j *judge) follow(r room, trail []string, p Package, seen map[string]bool) {
	for _, importPath := range p.Imports {
		to, ours := j.relative(importPath)
		if seen[to] {
			continue
		}
		seen[to] = true
		if !r.allows(trail[0], to) {
			j.found = append(j.found, breach(trail[0], 0, "imports %s, which its room does not allow", strings.Join(append(trail[1:len(trail):len(trail)], to), ", which imports ")))
			continue
		}
		if ours {
			j.follow(r, append(trail[:len(trail):len(trail)], to), j.packages[importPath], seen)
		}
	}
}

// oracle is the nested module that compares this project with etcd, and the
// only one that may require it.
const oracle = "scripts/compat/"

// Requires reports every go.mod outside of the oracle that requires etcd. Raft
// is a module of its own and not meant.
func Requires(root string) []string {
	return inspect(root, func(path string, text []byte) []string {
		if path != "go.mod" && !strings.HasSuffix(path, "/go.mod") || strings.HasPrefix(path, oracle) {
			return nil
		}
		file, err := modfile.ParseLax(path, text, nil)
		if err != nil {
			return []string{err.Error()}
		}
		var found []string
		for _, require := range file.Require {
			if name := require.Mod.Path; strings.HasPrefix(name, "go.etcd.io/etcd") || strings.HasPrefix(name, "go.etcd.io/bbolt") {
				found = append(found, breach(path, require.Syntax.Start.Line, "requires %s, which only %s may", name, oracle))
			}
		}
		return found
	}, "go.mod")
}
