package house_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gomod "golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// published is the version under which the proxy of the test offers the project.
const published = "v0.1.0"

// TestConsumer takes the importer's part. A module made on the fly imports
// the log from a proxy of files, as it would a published version, and is
// built and run; nothing but the standard library, raft and protobuf may be
// compiled into it. A file that the zip of a module may not hold, a package
// that only builds beside its neighbours: only this shows them.
func TestConsumer(t *testing.T) {
	t.Parallel()
	printed, deps := consume(t, module(t), `
	exists, err := wal.Exist(".", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = snap.New(".", nil).Load()
	fmt.Println(exists, err != nil)
`, proxy(t, root(t), module(t)))
	if want := "false true\n"; printed != want {
		t.Errorf("the consumer prints %q, want %q", printed, want)
	}
	for _, dep := range deps {
		if !compiledIn(module(t), dep) {
			t.Errorf("%s is compiled into a program that imports the log", dep)
		}
	}
	if !slices.Contains(deps, "go.etcd.io/raft/v3/raftpb") {
		t.Errorf("go list -deps does not show raft, so it shows too little:\n%s", deps)
	}
}

// TestConsumerSeesBreaches imports a log that needs a module from elsewhere.
func TestConsumerSeesBreaches(t *testing.T) {
	t.Parallel()
	log := tree(t, `
-- go.mod --
module m.test/m

require elsewhere.test/x v0.1.0
-- final/wal/wal.go --
package wal

import "elsewhere.test/x"

const Y = x.X
-- final/snap/snap.go --
package snap

const Z = 2
`)
	elsewhere := tree(t, "-- go.mod --\nmodule elsewhere.test/x\n-- x.go --\npackage x\n\nconst X = 1\n")
	printed, deps := consume(t, "m.test/m", "fmt.Println(wal.Y, snap.Z)\nlog.SetFlags(0)",
		proxy(t, log, "m.test/m"), proxy(t, elsewhere, "elsewhere.test/x"))
	if want := "1 2\n"; printed != want {
		t.Errorf("the consumer prints %q, want %q", printed, want)
	}
	var foreign []string
	for _, dep := range deps {
		if !compiledIn("m.test/m", dep) {
			foreign = append(foreign, dep)
		}
	}
	if diff := cmp.Diff([]string{"elsewhere.test/x"}, foreign); diff != "" {
		t.Errorf("foreign packages mismatch (-want +got):\n%s", diff)
	}
}

// consume runs a program whose main function has this body, as the only
// package of a module that requires the log of that path. It returns what the
// program prints and the packages compiled in from outside the standard library.
func consume(t *testing.T, path, body string, proxies ...string) (printed string, deps []string) {
	t.Helper()
	dir := write(t, map[string]string{
		"go.mod": "module consumer.test/app\n\ngo 1.26\n\nrequire " + path + " " + published + "\n",
		"main.go": "package main\n\nimport (\n\"fmt\"\n\"log\"\n\n\"" + path + "/final/snap\"\n\"" + path + "/final/wal\"\n)\n\n" +
			"func main() {\n" + body + "}\n",
	})
	env := offline(t, proxies...)
	printed = command(t, dir, env, "go", "run", ".")
	list := command(t, dir, env, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	return printed, strings.Fields(list)
}

// compiledIn reports whether a package may be part of the consumer.
func compiledIn(path, dep string) bool {
	for _, ours := range []string{"consumer.test/app", path + "/final", "go.etcd.io/raft/v3", "google.golang.org/protobuf"} {
		if dep == ours || strings.HasPrefix(dep, ours+"/") {
			return true
		}
	}
	return false
}

// proxy lays the module in a folder out as a module proxy serves it, in a new one.
func proxy(t *testing.T, project, path string) string {
	t.Helper()
	version := gomod.Version{Path: path, Version: published}
	escaped, err := gomod.EscapePath(version.Path)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(project, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	at := escaped + "/@v/"
	dir := write(t, map[string]string{
		at + "list":              published + "\n",
		at + published + ".info": fmt.Sprintf(`{"Version":%q}`, published),
		at + published + ".mod":  string(mod),
	})
	file, err := os.Create(filepath.Join(dir, filepath.FromSlash(at+published+".zip")))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := zip.CreateFromDir(file, version, project); err != nil {
		t.Fatal(err)
	}
	return dir
}

// offline returns an environment in which go finds modules in these proxies,
// then among what this machine has downloaded, and nowhere else. Modules are
// unpacked into a cache of the test, because the machine's would keep this
// project as it is today under a version that it will have again tomorrow.
func offline(t *testing.T, proxies ...string) []string {
	t.Helper()
	cache := strings.TrimSpace(command(t, root(t), nil, "go", "env", "GOMODCACHE"))
	// The only commands that may fetch, on a machine that built little so far.
	command(t, root(t), nil, "go", "mod", "graph")
	command(t, root(t), nil, "go", "mod", "download", "go.etcd.io/raft/v3", "google.golang.org/protobuf")
	var urls []string
	for _, dir := range append(proxies, filepath.Join(cache, "cache", "download")) {
		slashed := filepath.ToSlash(dir)
		if !strings.HasPrefix(slashed, "/") {
			slashed = "/" + slashed
		}
		urls = append(urls, (&url.URL{Scheme: "file", Path: slashed}).String())
	}
	return []string{
		"GOPROXY=" + strings.Join(urls, ","),
		"GOMODCACHE=" + t.TempDir(),
		"GOFLAGS=-mod=mod -modcacherw -trimpath", // trimmed of its folder, what is built once stays built
		"GOSUMDB=off",
		"GONOSUMDB=", "GONOPROXY=", "GOPRIVATE=", "GOWORK=off", "GOTOOLCHAIN=local",
	}
}

// command runs a command and returns what it prints.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	c.Env = append(append(os.Environ(), "PWD="+dir), env...)
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s%s", c, err, out, &stderr)
	}
	return string(out)
}

// write puts files into a new folder of the test.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
