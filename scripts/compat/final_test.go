package compat

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// entry is an id of what etcd is known to do otherwise than it should, or than one
// would think: what is at stake, and what comes of it with etcd and with final, or why
// that is not shown.
type entry struct {
	id, says    string
	show        func(l *lab) (etcd, ours string)
	etcd, final string
	unshown     string
}

// Reasons for which an id is not shown.
const (
	onSim    = "power loss cannot be had under etcd; of final it is shown on a simulated disk"
	onSlow   = "needs a disk that is slow or cannot preallocate; of final it is shown on a simulated one"
	notOurs  = "etcd's server does it, not its package"
	underRun = "a data race; of final the race detector finds none"
)

// finalEntries are those that differences does not have. Their order is of no
// account.
var finalEntries = []entry{
	{"W10", "a changed bit in a length word is no torn end", showW10,
		"repaired: state 1/1/12, entries 1-14 of term 1", "corrupt", ""},
	{"W17", "a Save behind one that failed", showW17, "fine; then checksum mismatch", "error; then state 1/1/0, entries 1-1 of term 1", ""},
	{"W18", "a Save behind a cut that failed", showW18, "fine", "error", ""},
	{"W19", "a Save behind one that found no file for the next segment", showW19, "panic", "error", ""},
	{"W21", "Sync beside Save", nil, "", "", underRun},
	{"W23", "Close of a log opened for reading, and the files that it leaves open", showW23, "error, 3 open", "fine, 0 open", ""},
	{"W24", "Open behind a Close that failed", showW24, "locked", "fine", ""},
	{"W26", "a changed checksum in a log's first record", showW26, "checksum mismatch", "corrupt", ""},
	{"W28", "a Save whose first sector did not reach the disk, and the others did", showW28, "repaired: state 1/1/0, entries 1-2 of term 1", "repaired: state 1/1/0, entries 1-2 of term 1", ""},
	{"W30", "the error for a record of unknown type", showW30, "tells an address", "tells the type", ""},
	{"W32", "ValidSnapshotEntries, with damage in a segment older than the newest snapshot", showW32, "checksum mismatch", "1 snapshot", ""},
	{"W34", "where a segment ends", showW34, "behind the Save that passed its size", "at the same record", ""},
	{"W35", "the name of the first segment is durable when Create returns", nil, "", "", onSim},
	{"W36", "the old segment is durable before the new one has its name", nil, "", "", onSim},
	{"W37", "a disk that cannot preallocate, or is full", nil, "", "", onSlow},
	{"W38", "a sync that takes seconds", nil, "", "", onSlow},
	{"W39", "what a process that was killed had saved, where syncs were turned off", showW39, "state 1/1/3, entries 1-5 of term 1", "state 1/1/3, entries 1-5 of term 1", ""},
	{"W40", "what a failed Create leaves", showW40, "no log", "no log", ""},
	{"W41", "the segments that ReleaseLockTo keeps", showW41, "the same as final", "the same as etcd", ""},
	{"W42", "Repair of a log that is in use", showW42, "waits", "locked", ""},
	{"W43", "Open behind a ReadAll that failed, before and after Close", showW43, "locked, fine", "locked, fine", ""},
	{"W44", "purge beside somebody else's", nil, "", "", notOurs},
	{"W45", "NFS", nil, "", "", "needs such a file system"},
	{"W46", "records without padding, of before etcd 3.0", showW46, "state 0/0/0, entries 1-1 of term 1", "state 0/0/0, entries 1-1 of term 1", ""},
	{"S01", "the name of a snapshot file is durable when SaveSnap returns", nil, "", "", onSim},
	{"S02", "the file of the same name, where SaveSnap fails", showS02, "none", "index 9", ""},
	{"S04", "LoadNewestAvailable where the log has recorded none", showS04, "none", "none", ""},
	{"S07", "SaveSnap of a snapshot of index 0", showS07, "fine, no file", "fine, no file", ""},
	{"S08", "the order of file, record, commit and release", nil, "", "", "the caller's: package snap says it, and the chapter's crash lab holds final to it"},
	{"S09", "a snapshot record without members, of before etcd 3.5", showS09, "state 1/1/3, entries 4-5 of term 1", "state 1/1/3, entries 4-5 of term 1", ""},
	{"S10", "temporary files of databases", nil, "", "", "final has no databases"},
	{"B01", "the bytes of entries, hard states and snapshots", showB01, "those of final", "those of etcd 3.7", ""},
	{"B02", "the file that an error of the first segment names", showB02, "one that is gone", "the segment", ""},
}

// otherwise is what final makes of a difference that it ends with another word than
// chapter 3.
var otherwise = map[string]string{"W15": "torn"}

// entries is all ids, in order.
func entries() []entry {
	all := slices.Clone(finalEntries)
	for _, d := range differences {
		e := entry{id: d.id, says: d.says, show: d.show, etcd: d.etcd, final: d.ours}
		if other, ok := otherwise[d.id]; ok {
			e.final = other
		}
		all = append(all, e)
	}
	rank := func(e entry) string {
		n, _ := strconv.Atoi(strings.TrimRight(e.id[1:], "ab"))
		return fmt.Sprintf("%d%02d%s", strings.Index("WSB", e.id[:1]), n, e.id)
	}
	slices.SortFunc(all, func(a, b entry) int { return strings.Compare(rank(a), rank(b)) })
	return all
}

// TestEntries shows what etcd does and what final does, for every id, and holds the
// table of testdata to it.
func TestEntries(t *testing.T) {
	inMemory(t)
	var table bytes.Buffer
	table.WriteString("| id | at stake | etcd v3.7.3 | final |\n|---|---|---|---|\n")
	for _, e := range entries() {
		if e.show == nil {
			fmt.Fprintf(&table, "| %s | %s | %s | |\n", e.id, e.says, "not shown: "+e.unshown)
			continue
		}
		t.Run(e.id, func(t *testing.T) {
			l := &lab{kind: final, t: t}
			l.segment(1 << 14)
			etcd, ours := e.show(l)
			if etcd != e.etcd {
				t.Errorf("%s: %s:\n etcd: %s\nlisted: %s", e.id, e.says, etcd, e.etcd)
			}
			if ours != e.final {
				t.Errorf("%s: %s:\n final: %s\nlisted: %s", e.id, e.says, ours, e.final)
			}
		})
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", e.id, e.says, e.etcd, e.final)
	}
	golden(t, "etcd-final.md", table.Bytes())
}

// TestEveryID: no id is missing.
func TestEveryID(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries() {
		seen[strings.TrimRight(e.id, "ab")] = true
	}
	for prefix, last := range map[string]int{"W": 46, "S": 10, "B": 2} {
		for i := 1; i <= last; i++ {
			if id := fmt.Sprintf("%s%02d", prefix, i); !seen[id] {
				t.Errorf("%s is not on the list", id)
			}
		}
	}
}
