package compat

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/etcd/server/v3/storage/wal"

	records "example.com/logbook/chapters/01-records"
	finalwal "example.com/logbook/final/wal"
)

// difference is a promise that etcd breaks and chapter 3 keeps.
type difference struct {
	id   string
	says string

	// show makes both do the same; etcd and ours are what comes of it.
	show       func(l *lab) (etcd, ours string)
	etcd, ours string
}

// differences is everything that is expected, by id. W02, W03 and W04 are met by
// TestSequences too.
var differences = []difference{
	{"W01", "a log opened for writing at a snapshot that it never recorded is read without an error", func(l *lab) (string, string) {
		f := l.log(func(s saver) error { return s.Save(hs(1, 1, 3), run(1, 1, 5)) })
		return l.etcd(f, meta(3, 1)), l.ours(f, meta(3, 1))
	}, "state 1/1/3, entries 4-5 of term 1", "not recorded"},
	{"W02", "entries that were overwritten come back when the log is opened at a snapshot behind them", func(l *lab) (string, string) {
		f := l.log(func(s saver) error {
			return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 5)), s.Save(hs(2, 1, 4), run(2, 3, 4)), s.SaveSnapshot(meta(4, 2)))
		})
		return l.etcd(f, meta(4, 2)), l.ours(f, meta(4, 2))
	}, "state 2/1/4, entries 5-5 of term 1", "state 2/1/4, entries none"},
	{"W02b", "entries that a leader's snapshot has replaced come back", func(l *lab) (string, string) {
		f := l.log(func(s saver) error {
			return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 10)), s.SaveSnapshot(meta(8, 3)), s.Save(hs(3, 1, 8), nil))
		})
		return l.etcd(f, meta(8, 3)), l.ours(f, meta(8, 3))
	}, "state 3/1/8, entries 9-10 of term 1", "state 3/1/8, entries none"},
	{"W03", "a segment begun after reopening does not say the hard state, so a log opened there has forgotten its vote", showW03,
		"state 0/0/0, entries none", "state 7/3/5, entries none"},
	{"W04", "the index in a segment's name goes back after a leader's snapshot and a reopening", showW04,
		"names go back", "names go forward"},
	{"W05", "a commit beyond the last entry is saved, and read", func(l *lab) (string, string) {
		e, o := l.calls(func(s saver) error { return s.Save(hs(1, 1, 100), run(1, 1, 3)) })
		return e.told + "; " + l.etcd(e.files, nil), o.told + "; etcd's file: " + l.ours(e.files, nil)
	}, "fine; state 1/1/100, entries 1-3 of term 1", "refused; etcd's file: corrupt"},
	{"W06", "entries that leave a gap are saved, and the log can never be opened again", func(l *lab) (string, string) {
		e, o := l.calls(func(s saver) error { return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 3)), s.Save(nil, run(1, 7, 8))) })
		return e.told + "; " + l.etcd(e.files, nil), o.told + "; " + l.ours(o.files, nil)
	}, "fine; entries missing", "entries missing; state 1/1/0, entries 1-3 of term 1"},
	{"W07", "a committed entry may be overwritten, and a term may go down", func(l *lab) (string, string) {
		e, o := l.calls(func(s saver) error {
			return errors.Join(s.Save(hs(2, 1, 3), run(2, 1, 3)), s.Save(nil, run(3, 2, 2)), s.Save(hs(1, 0, 1), nil))
		})
		return e.told, o.told
	}, "fine", "refused"},
	{"W08", "a length word that became zero ends the log, and opening wipes what stands behind", func(l *lab) (string, string) {
		f, name, at := twenty(l)
		clear(f[name][at[30] : at[30]+8])
		return l.etcd(f, nil), l.ours(f, nil)
	}, "state 1/1/12, entries 1-14 of term 1", "corrupt"},
	{"W09", "a sector that became zero passes for a torn end, and repair cuts off what was synced behind it", func(l *lab) (string, string) {
		f, name, _ := twenty(l)
		clear(f[name][1024:1536])
		return l.etcdRepairs(f), l.oursRepairs(f)
	}, "repaired: state 1/1/5, entries 1-6 of term 1", "corrupt"},
	{"W11", "a changed bit passes for a torn end where the entry holds 512 zeros of its own", func(l *lab) (string, string) {
		f := l.log(func(s saver) error {
			zeros := sized(1, 2, 2, 0)
			zeros[0].Data = make([]byte, 4096)
			return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 1)), s.Save(hs(1, 1, 1), zeros), s.Save(hs(1, 1, 2), run(1, 3, 10)), s.Save(hs(1, 1, 10), run(1, 11, 11)))
		})
		name, at := places(l, f)
		f[name][at[5]+11] ^= 1
		return l.etcdRepairs(f), l.oursRepairs(f)
	}, "repaired: state 1/1/0, entries 1-1 of term 1", "corrupt"},
	{"W12", "a hard state whose type became that of an entry is taken for one, and replaces a committed entry", func(l *lab) (string, string) {
		f := l.log(func(s saver) error { return s.Save(hs(4, 2, 5), run(4, 1, 5)) })
		name, at := places(l, f)
		f[name][at[8]+9] = byte(records.TypeEntry)
		return l.etcd(f, nil), l.ours(f, nil)
	}, "state 0/0/0, entries 1-4 of term 4, 5-5 of term 2", "corrupt"},
	{"W12b", "metadata whose type became that of a hard state makes the node panic", func(l *lab) (string, string) {
		f, name, at := twenty(l)
		f[name][at[1]+9] = byte(records.TypeState)
		return l.etcd(f, nil), l.ours(f, nil)
	}, "panic", "corrupt"},
	{"W13", "Verify is content with a segment in the middle that was cut off", func(l *lab) (string, string) {
		f := many(l)
		name := f.names(".wal")[1]
		f[name] = f[name][:len(f[name])-70]
		return l.verify(f), l.ours(f, nil)
	}, "fine", "corrupt"},
	{"W14", "Repair reports success when the damage is in a segment that it did not look at", func(l *lab) (string, string) {
		f := many(l)
		name := f.names(".wal")[1]
		f[name] = f[name][:len(f[name])-70]
		return l.etcdRepairs(f), l.oursRepairs(f)
	}, "repaired: torn", "corrupt"},
	{"W15", "a last segment without a head is written to", func(l *lab) (string, string) {
		f := many(l)
		names := f.names(".wal")
		clear(f[names[len(names)-1]])
		_, after := l.etcdAnd(f, nil, func(w *wal.WAL) error { return w.Save(hs(9, 1, 0), nil) })
		first, err := firstType(after[names[len(names)-1]])
		l.must(err)
		return fmt.Sprintf("the segment begins with a record of type %d", first), l.ours(f, nil)
	}, "the segment begins with a record of type 3", "corrupt"},
	{"W16", "the first segment alone and then the third is a checksum error, not a gap", func(l *lab) (string, string) {
		f := many(l)
		delete(f, f.names(".wal")[1])
		_, err := l.open(mustSim(l, f), nil, l.size)
		return l.etcd(f, nil), fmt.Sprint("a gap: ", strings.Contains(err.Error(), "0000000000000001") || errors.Is(err, finalwal.ErrSequence))
	}, "checksum mismatch", "a gap: true"},
	{"W20", "what was left in a spare file stands behind the head of the segment that is made of it", func(l *lab) (string, string) {
		f := many(l)
		f["0.tmp"] = bytes.Repeat([]byte{0xab}, int(l.size))
		etcd, after := l.etcdAnd(f, nil, func(w *wal.WAL) error {
			return errors.Join(w.Save(hs(1, 1, 40), sized(1, 41, 41, 5000)), w.Save(hs(1, 1, 41), run(1, 42, 42)))
		})
		etcd = firstWord(etcd) + ", then " + l.etcd(after, nil)
		ours, after := l.oursAnd(f, nil, func(w ourLog) error {
			return errors.Join(w.Save(hs(1, 1, 40), sized(1, 41, 41, 5000)), w.Save(hs(1, 1, 41), run(1, 42, 42)))
		})
		return etcd, firstWord(ours) + ", then " + l.ours(after, nil)
	}, "state, then torn", "state, then state 1/1/41, entries 1-42 of term 1"},
	{"W22", "a hard state that the caller fills again is compared with itself: a vote is not synced, nor handed on", func(l *lab) (string, string) {
		return showW22(l)
	}, "state 1/1/0, entries 1-1 of term 1", "state 5/2/0, entries 1-1 of term 1"},
	{"W25", "Create removes a folder with files of somebody else's in it", func(l *lab) (string, string) {
		dir := filepath.Join(l.t.TempDir(), logDir)
		l.must(putReal(dir, files{"precious.txt": {1}}))
		w, err := wal.Create(nil, dir, nil)
		l.must(err)
		l.must(w.Close())
		_, err = os.Stat(filepath.Join(dir, "precious.txt"))
		_, errOurs := l.create(mustSim(l, files{"precious.txt": {1}}), nil, 0)
		return fmt.Sprint("removed: ", errors.Is(err, fs.ErrNotExist)), ending(errOurs)
	}, "removed: true", "refused"},
	{"W27", "an end that a crash has left zero for less than a sector is refused, and cannot be repaired", func(l *lab) (string, string) {
		f, name, at := twenty(l)
		k := 41 // the last entry, or one before it that lies in one sector
		for at[k]/512 != at[k+1]/512 {
			k -= 2
		}
		clear(f[name][at[k]+64:])
		return l.etcdRepairs(f), l.oursRepairs(f)
	}, "refused", "repaired: state 1/1/17, entries 1-18 of term 1"},
	{"W29", "Save before ReadAll is a panic", func(l *lab) (string, string) {
		f := many(l)
		dir := filepath.Join(l.t.TempDir(), logDir)
		l.must(putReal(dir, f))
		w, err := wal.Open(nil, dir, record(nil))
		l.must(err)
		etcd := ending(safely(func() error { return w.Save(hs(9, 1, 1), nil) }))
		o, err := l.open(mustSim(l, f), nil, 0)
		l.must(err)
		return etcd, ending(errors.Join(o.Save(hs(9, 1, 1), nil), o.Close()))
	}, "panic", "not read yet"},
	{"W31", "a copy of a segment, under a name that only begins like one, is read as a segment", func(l *lab) (string, string) {
		f := many(l)
		names := f.names(".wal")
		f[names[len(names)-1]+".wal"] = f[names[0]]
		return l.etcd(f, nil), firstWord(l.ours(f, nil))
	}, "cannot be opened", "state"},
	{"W33", "a hard state that only moves the commit stays in the process, and dies with it", func(l *lab) (string, string) {
		return showW33(l)
	}, "state 1/1/1, entries 1-5 of term 1", "state 1/1/5, entries 1-5 of term 1"},
	{"S05", "a snapshot file is believed to be the newest because of its name", func(l *lab) (string, string) {
		f := snaps(l)
		f["manual-backup.snap"] = f["0000000000000001-0000000000000005.snap"]
		return l.loads(f)
	}, "index 5", "index 9"},
	{"S03", "a folder called like a snapshot is set aside as a damaged file", func(l *lab) (string, string) {
		return showS03(l)
	}, "index 9, 1 set aside", "index 9"},
	{"S06", "a snapshot whose checksum is 0 can never be loaded", func(l *lab) (string, string) {
		f := snaps(l)
		s := zeroSum(l)
		f["0000000000000001-000000000000000a.snap"] = s
		return l.loads(f)
	}, "index 9, 1 set aside", "index 10"},
}

// TestDifferences shows every difference on the list; a difference that no longer
// shows is to be taken off it.
func TestDifferences(t *testing.T) {
	inMemory(t)
	for _, d := range differences {
		t.Run(d.id, func(t *testing.T) {
			l := &lab{kind: chapter3, t: t}
			l.segment(1 << 14)
			etcd, ours := d.show(l)
			if etcd != d.etcd {
				t.Errorf("%s: %s:\n etcd: %s\nlisted: %s", d.id, d.says, etcd, d.etcd)
			}
			if ours != d.ours {
				t.Errorf("%s: %s:\n ours: %s\nlisted: %s", d.id, d.says, ours, d.ours)
			}
		})
	}
}
