package recordstest

import (
	"strings"
	"testing"

	golden "example.com/logbook/chapters/01-records/testdata/golden"
)

// etcdLog is a sound log that etcd wrote.
type etcdLog struct {
	// Name is the golden file's name.
	Name string
	// Log is what etcd wrote.
	Log []byte
	// Unpadded tells that it was written before etcd 3.0.
	Unpadded bool
}

// goldenLogs returns the sound logs among the golden files, small ones first in
// no particular order of versions.
func goldenLogs(t *testing.T) []etcdLog {
	t.Helper()
	all, err := golden.All()
	if err != nil {
		t.Fatalf("the suite's own golden files: %v", err)
	}
	var logs []etcdLog
	for _, l := range all {
		if strings.HasPrefix(l.Name, "etcd-") {
			logs = append(logs, etcdLog{l.Name, l.Bytes, strings.HasSuffix(l.Name, "-unpadded")})
		}
	}
	if len(logs) == 0 {
		t.Fatal("the suite's own golden files: none begins with etcd-")
	}
	return logs
}
