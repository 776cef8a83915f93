package snapshotstest

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"testing"

	"go.etcd.io/raft/v3/raftpb"

	"example.com/logbook/chapters/03-snapshots/testdata/golden"
	"example.com/logbook/final/disk"
)

// goldenLog is a log that etcd wrote, with the calls that made it, and what etcd
// reads from it.
type goldenLog struct {
	name  string
	calls []string
	files []goldenFile
	snaps []goldenFile
	reads []goldenRead
}

// goldenFile is a file of it.
type goldenFile struct {
	name  string
	bytes []byte
}

// goldenRead is what etcd's ReadAll returned at a start.
type goldenRead struct {
	start *raftpb.SnapshotMetadata
	state *raftpb.HardState
	ents  []*raftpb.Entry
	kind  string
}

// goldens returns the golden logs.
func goldens(t *testing.T) []goldenLog {
	t.Helper()
	all, err := golden.All()
	if err != nil || len(all) == 0 {
		t.Fatalf("the suite's own golden files: %d of them, %v", len(all), err)
	}
	var logs []goldenLog
	for _, l := range all {
		g := goldenLog{name: l.Name, calls: l.Calls}
		for _, f := range l.Files {
			if strings.HasSuffix(f.Name, ".snap") {
				g.snaps = append(g.snaps, goldenFile(newFile(f)))
			} else {
				g.files = append(g.files, goldenFile(newFile(f)))
			}
		}
		for _, line := range l.Reads {
			g.reads = append(g.reads, parseRead(line))
		}
		logs = append(logs, g)
	}
	return logs
}

// newFile is a golden file with this package's fields.
func newFile(f golden.File) goldenFile { return goldenFile{f.Name, f.Bytes} }

// numbers reads numbers with a separator between them.
func numbers(s, sep string) []uint64 {
	var list []uint64
	for f := range strings.SplitSeq(s, sep) {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			panic(fmt.Sprintf("the suite's own golden files: %q", s))
		}
		list = append(list, n)
	}
	return list
}

// goldenState reads "term/vote/commit", or "-".
func goldenState(s string) *raftpb.HardState {
	if s == "-" {
		return nil
	}
	n := numbers(s, "/")
	return state(n[0], n[1], n[2])
}

// goldenEntries reads "term:index:size" words.
func goldenEntries(words []string) []*raftpb.Entry {
	var ents []*raftpb.Entry
	for _, word := range words {
		n := numbers(word, ":")
		ents = append(ents, entry(n[0], n[1], int(n[2])))
	}
	return ents
}

// goldenMeta reads "index/term".
func goldenMeta(s string) *raftpb.SnapshotMetadata {
	n := numbers(s, "/")
	if n[0] == 0 {
		return nil
	}
	return meta(n[0], n[1])
}

// parseRead reads a line "at INDEX/TERM STATE ENTRIES", or "at INDEX/TERM error".
func parseRead(line string) goldenRead {
	words := strings.Fields(line)
	r := goldenRead{start: goldenMeta(words[1])}
	r.state, r.ents = goldenState(words[2]), goldenEntries(words[3:])
	return r
}

// reopens reports whether the log was closed and opened on the way.
func (g goldenLog) reopens() bool {
	for _, call := range g.calls {
		if strings.HasPrefix(call, "reopen") {
			return true
		}
	}
	return false
}

// segments are the names of the log's files.
func (g goldenLog) segments() []string {
	var names []string
	for _, f := range g.files {
		names = append(names, f.name)
	}
	return names
}

// disk is a disk with the log as etcd wrote it.
func (g goldenLog) disk() *disk.Sim {
	sim := disk.NewSim()
	mkdir(sim, dir)
	for _, f := range g.files {
		put(sim, path.Join(dir, f.name), f.bytes)
	}
	return sim.Crash(disk.Kept)
}

// replay makes the calls that etcd was given.
func (g goldenLog) replay(w *world) {
	w.Helper()
	size := int64(small)
	for _, call := range g.calls {
		words := strings.Fields(call)
		switch words[0] {
		case "create":
			size = int64(numbers(words[2], "/")[0])
			w.must(w.create([]byte(words[1]), size))
		case "save":
			w.must(w.save(goldenState(words[1]), goldenEntries(words[2:])...))
		case "snapshot":
			w.must(w.saveSnapshot(goldenMeta(words[1])))
		case "reopen":
			w.reopen(goldenMeta(words[1]), size)
		case "close":
			w.must(w.close())
		}
	}
}
