package house_test

import (
	"testing"

	"example.com/logbook/scripts/house"
)

// pkg is one package of a module m.test/m, as go list would describe it.
func pkg(rel string, imports ...string) house.Package {
	return house.Package{
		ImportPath: "m.test/m/" + rel,
		Module:     &house.Module{Path: "m.test/m", Main: true},
		Imports:    imports,
	}
}

func TestImportsSeesBreaches(t *testing.T) {
	t.Parallel()
	const (
		disk    = "m.test/m/final/disk"
		wal     = "m.test/m/final/wal"
		records = "m.test/m/chapters/01-records"
		raft    = "go.etcd.io/raft/v3/raftpb"
		wire    = "google.golang.org/protobuf/encoding/protowire"
		proto   = "google.golang.org/protobuf/proto"
	)
	good := []house.Package{
		{ImportPath: raft, Imports: []string{"elsewhere.test/x"}, Module: &house.Module{Path: "go.etcd.io/raft/v3"}},
		pkg("final/disk", "io", "log/slog"),
		pkg("final/disk/crash", disk),
		pkg("final/wal", disk, raft, proto),
		pkg("final/raftnode", wal),
		pkg("chapters/course"),
		pkg("chapters/01-records", wire, disk, "m.test/m/chapters/course"),
		pkg("chapters/01-records/recordstest", records, disk+"/crash", "github.com/google/go-cmp/cmp"),
		pkg("chapters/03-snapshots", records, raft),
		pkg("scripts/course", "elsewhere.test/y"),
		pkg("final/cmd/logbook", wal, "elsewhere.test/y"),
	}
	tested := pkg("final/snap")
	tested.XTestImports = []string{"m.test/m/final/snap", records + "/recordstest", records}
	broken := pkg("final/layout")
	broken.Error = &struct{ Err string }{"no such file"}
	for _, test := range []struct {
		name string
		add  house.Package
		want []string
	}{
		{name: "nothing"},
		{"disk_takes_more_than_std", pkg("final/disk/os", raft), []string{"final/disk/os: imports " + raft + ", which"}},
		{"crash_takes_more_than_disk", pkg("final/disk/crash", "m.test/m/final/layout"), []string{"final/disk/crash: imports final/layout"}},
		{"chapter_takes_the_crash_lab", pkg("chapters/01-x", disk+"/crash"), []string{"chapters/01-x: imports final/disk/crash"}},
		{"wal_through_another", pkg("final/wal/x", "m.test/m/final/internal/y"), []string{
			"final/wal/x: imports final/internal/y, which imports elsewhere.test/x, which its room"}},
		{"chapter_one_takes_raft", pkg("chapters/01-x", raft), []string{"chapters/01-x: imports " + raft}},
		{"chapter_one_takes_more_protobuf", pkg("chapters/01-x", proto), []string{"chapters/01-x: imports " + proto}},
		{"a_later_chapter", pkg("chapters/02-x", "m.test/m/chapters/03-snapshots"), []string{"chapters/02-x: imports chapters/03-snapshots"}},
		{"exercise_takes_the_reference", pkg("chapters/01-records/exercise", records), []string{"chapters/01-records/exercise: imports chapters/01-records"}},
		{"final_takes_a_chapter", pkg("final/wal/x", records), []string{"final/wal/x: imports chapters/01-records"}},
		{"command_takes_a_chapter", pkg("final/cmd/x", "m.test/m/scripts/z"), []string{
			"final/cmd/x: imports scripts/z, which imports chapters/01-records, which its room"}},
		{"no_room", pkg("elsewhere"), []string{"elsewhere: belongs to no room"}},
		{"a_test", tested, []string{"final/snap: a test imports chapters/01-records, which"}},
		{"not_loaded", broken, []string{"final/layout: no such file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			packages := append(good[:len(good):len(good)], test.add)
			if test.name == "wal_through_another" {
				hidden := pkg("final/internal/y", "elsewhere.test/x")
				hidden.ImportPath = "m.test/m/final/internal/y"
				packages = append(packages, hidden)
				test.want = append(test.want, "final/internal/y: imports elsewhere.test/x")
			}
			if test.name == "command_takes_a_chapter" {
				packages = append(packages, pkg("scripts/z", records))
			}
			if test.name == "nothing" {
				packages = good
			}
			expect(t, house.Imports(packages), test.want...)
		})
	}
	t.Run("empty_list", func(t *testing.T) {
		t.Parallel()
		expect(t, house.Imports(nil), "no package of a main module")
	})
}

func TestListSeesTheTree(t *testing.T) {
	t.Parallel()
	dir := tree(t, `
-- go.mod --
module m.test/m

go 1.26
-- final/disk/disk.go --
package disk

import _ "m.test/m/chapters/01-x"
-- final/disk/disk_windows.go --
package disk

import _ "m.test/m/final/layout"
-- final/layout/layout.go --
package layout
-- chapters/01-x/x.go --
package x
`)
	for goos, want := range map[string][]string{
		"linux":   {"final/disk: imports chapters/01-x"},
		"windows": {"final/disk: imports chapters/01-x", "final/disk: imports final/layout"},
	} {
		packages, err := house.List(dir, goos, "amd64")
		if err != nil {
			t.Fatal(err)
		}
		expect(t, house.Imports(packages), want...)
	}
}

func TestRequiresSeesBreaches(t *testing.T) {
	t.Parallel()
	dir := tree(t, `
-- go.mod --
module m.test/m

require (
	go.etcd.io/raft/v3 v3.7.0
	go.etcd.io/etcd/server/v3 v3.7.3
)
-- scripts/compat/go.mod --
module m.test/m/scripts/compat

require go.etcd.io/etcd/server/v3 v3.7.3
-- scripts/other/go.mod --
module m.test/m/scripts/other

require go.etcd.io/bbolt v1.4.0
`)
	expect(t, house.Requires(dir),
		"go.mod:5: requires go.etcd.io/etcd/server/v3",
		"scripts/other/go.mod:3: requires go.etcd.io/bbolt")
}
