package house_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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
	path := module(t)
	dir := write(t, map[string]string{
		"go.mod": "module consumer.test/app\n\ngo 1.26\n\nrequire " + path + " " + published + "\n",
		"main.go": `package main

import (
	"fmt"
	"log"

	"` + path + `/final/snap"
	"` + path + `/final/wal"
)

func main() {
	exists, err := wal.Exist(".", nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = snap.New(".", nil).Load()
	fmt.Println(exists, err != nil)
}
`,
	})
	env := offline(t, proxy(t))
	if got, want := command(t, dir, env, "go", "run", "."), "false true\n"; got != want {
		t.Errorf("the consumer prints %q, want %q", got, want)
	}
	deps := command(t, dir, env, "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	for dep := range strings.FieldsSeq(deps) {
		if !compiledIn(path, dep) {
			t.Errorf("%s is compiled into a program that imports the log", dep)
		}
	}
	if !strings.Contains(deps, "go.etcd.io/raft/v3/raftpb") {
		t.Errorf("go list -deps does not show raft, so it shows too little:\n%s", deps)
	}
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

// proxy lays the project out as a module proxy serves it, in a new folder.
func proxy(t *testing.T) string {
	t.Helper()
	version := gomod.Version{Path: module(t), Version: published}
	escaped, err := gomod.EscapePath(version.Path)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
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
	if err := zip.CreateFromDir(file, version, root(t)); err != nil {
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
