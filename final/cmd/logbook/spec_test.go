package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	raftpb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/reflect/protoreflect"

	"example.com/logbook/final/internal/fixtures"
	"example.com/logbook/final/layout"
)

// The table that dumps are drawn from names raft's fields as raft does, with raft's
// numbers: whoever adds one there must be told here.
func TestLayoutIsRafts(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]protoreflect.ProtoMessage{
		"entry":        &raftpb.Entry{},
		"state":        &raftpb.HardState{},
		"confstate":    &raftpb.ConfState{},
		"snapmessage":  &raftpb.Snapshot{},
		"snapmetadata": &raftpb.SnapshotMetadata{},
	} {
		type field struct {
			name           string
			number         int
			varint, repeat bool
		}
		var want, got []field
		fields := m.ProtoReflect().Descriptor().Fields()
		for i := range fields.Len() {
			f := fields.Get(i)
			varint := f.Kind() != protoreflect.BytesKind && f.Kind() != protoreflect.MessageKind
			want = append(want, field{strings.ToLower(string(f.Name())), int(f.Number()), varint, f.IsList()})
		}
		l, _ := layout.Lookup(name)
		for _, f := range l.Fields {
			got = append(got, field{f.Name, f.Number, f.Kind == layout.Varint, f.Repeated})
		}
		byNumber := cmp.Transformer("ByNumber", func(fields []field) map[int]field {
			m := map[int]field{}
			for _, f := range fields {
				m[f.number] = f
			}
			return m
		})
		if diff := cmp.Diff(want, got, byNumber, cmp.AllowUnexported(field{})); diff != "" {
			t.Errorf("layout %q mismatch with raft's message (-raft +layout):\n%s", name, diff)
		}
	}
}

// The session in the usage text is real: every line of it is printed for a directory
// that real etcd has left.
func TestUsageSession(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "etcd")
	if err := os.CopyFS(filepath.Join(root, "member"), os.DirFS(fixtures.Unpack(t, "etcd-v3.7.3-single"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(root, "member", "wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	const named = "/var/lib/etcd"
	_, session, _ := strings.Cut(usage, "A session:\n")
	session, _, _ = strings.Cut(session, "Exit codes:")
	var printed []string
	commands := 0
	for s := bufio.NewScanner(strings.NewReader(session)); s.Scan(); {
		line := strings.TrimPrefix(s.Text(), "\t")
		switch {
		case line == "" || line == "...":
		case strings.HasPrefix(line, "$ logbook "):
			commands++
			var out bytes.Buffer
			a := &app{out: &out, err: &out}
			if code := a.run(strings.Fields(strings.ReplaceAll(line, named, root))[2:]); code != exitFine {
				t.Errorf("%q exits with %d: %s", line, code, out.String())
			}
			printed = strings.Split(strings.ReplaceAll(out.String(), root, named), "\n")
		case len(printed) == 0 || printed[0] != line:
			t.Errorf("the usage shows the line\n%s\nbut printed is\n%s", line, strings.Join(printed, "\n"))
		default:
			printed = printed[1:]
		}
	}
	if commands != 5 {
		t.Errorf("the usage's session has %d commands, want one for each that reads a log", commands)
	}
}

// Each flag that a command takes is told in its help, and in the overview.
func TestHelpNamesEveryFlag(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		for _, flag := range regexp.MustCompile(`\[(-[a-z]+)`).FindAllStringSubmatch(strings.SplitN(c.usage, "\n", 2)[0], -1) {
			if !strings.Contains(c.usage, "\n\t"+flag[1]+" ") {
				t.Errorf("help %s lists %s but does not explain it", c.name, flag[1])
			}
		}
	}
}
