package compat

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"
	"google.golang.org/protobuf/proto"

	records "example.com/logbook/chapters/01-records"
	snapshots "example.com/logbook/chapters/03-snapshots"
	"example.com/logbook/final/disk"
)

func showW03(l *lab) (etcd, ours string) {
	l.segment(4096)
	f := l.log(func(s saver) error { return s.Save(hs(7, 3, 5), run(7, 1, 5)) })
	_, a := l.etcdAnd(f, nil, func(w *wal.WAL) error { return afterReopening(etcdLog{w}) })
	_, b := l.oursAnd(f, nil, func(w ourLog) error { return afterReopening(w) })
	// Both are read where the first segment was purged.
	delete(a, a.names(".wal")[0])
	delete(b, b.names(".wal")[0])
	return l.etcd(a, meta(8, 7)), l.ours(b, meta(8, 7))
}

func afterReopening(s saver) error {
	return errors.Join(s.Save(nil, sized(7, 6, 6, 5000)), s.Save(nil, run(7, 7, 7)), s.Save(nil, run(7, 8, 8)), s.SaveSnapshot(meta(8, 7)))
}

func showW04(l *lab) (etcd, ours string) {
	l.segment(2048)
	terms := func(s saver, first, last uint64) error {
		for term := first; term <= last; term++ {
			if err := s.Save(hs(term, 1, 100), nil); err != nil {
				return err
			}
		}
		return nil
	}
	f := l.log(func(s saver) error {
		return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 10)), s.SaveSnapshot(meta(100, 2)), terms(s, 2, 60))
	})
	_, a := l.etcdAnd(f, meta(100, 2), func(w *wal.WAL) error { return terms(etcdLog{w}, 61, 160) })
	_, b := l.oursAnd(f, meta(100, 2), func(w ourLog) error { return terms(w, 61, 160) })
	return direction(a), direction(b)
}

func direction(f files) string {
	var indexes []string
	for _, name := range f.names(".wal") {
		indexes = append(indexes, name[17:])
	}
	if slices.IsSorted(indexes) {
		return "names go forward"
	}
	return "names go back"
}

func showW22(l *lab) (etcd, ours string) {
	do := func(s saver) error {
		h := hs(1, 1, 0)
		if err := s.Save(h, run(1, 1, 1)); err != nil {
			return err
		}
		h.Term, h.Vote = new(uint64(5)), new(uint64(2))
		return s.Save(h, nil)
	}
	return l.killed(do)
}

func showW33(l *lab) (etcd, ours string) {
	return l.killed(func(s saver) error { return errors.Join(s.Save(hs(1, 1, 1), run(1, 1, 5)), s.Save(hs(1, 1, 5), nil)) })
}

// killed makes calls and reads what the death of the process leaves.
func (l *lab) killed(do func(saver) error) (etcd, ours string) {
	l.t.Helper()
	dir := filepath.Join(l.t.TempDir(), logDir)
	w, err := wal.Create(nil, dir, nil)
	l.must(err)
	l.must(do(etcdLog{w}))
	a, err := realFiles(dir)
	l.must(errors.Join(err, w.Close()))
	sim := disk.NewSim()
	o, err := l.create(sim, nil, l.size)
	l.must(err)
	l.must(do(o))
	b, err := simFiles(sim, logDir)
	l.must(err)
	return l.etcd(a, nil), l.ours(b, nil)
}

// twenty is a log of twenty Saves, and where its records begin.
func twenty(l *lab) (f files, name string, at []int64) {
	l.t.Helper()
	f = l.log(func(s saver) error {
		for i := range uint64(20) {
			if err := s.Save(hs(1, 1, i), run(1, i+1, i+1)); err != nil {
				return err
			}
		}
		return nil
	})
	name, at = places(l, f)
	return f, name, at
}

// places returns where the records of a log of one segment begin.
func places(l *lab, f files) (name string, at []int64) {
	l.t.Helper()
	name = f.names(".wal")[0]
	d := records.NewDecoder(bytes.NewReader(f[name]), int64(len(f[name])))
	for {
		at = append(at, d.Offset())
		if _, err := d.Next(); err != nil {
			return name, at[:len(at)-1]
		}
	}
}

// many is a log of several segments.
func many(l *lab) files {
	l.t.Helper()
	l.segment(2048)
	return l.log(func(s saver) error {
		for i := range uint64(40) {
			if err := s.Save(hs(1, 1, i), run(1, i+1, i+1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func mustSim(l *lab, f files) *disk.Sim {
	l.t.Helper()
	sim, err := simOf(f, nil)
	l.must(err)
	return sim
}

func firstType(b []byte) (int64, error) {
	r, err := records.NewDecoder(bytes.NewReader(b), int64(len(b))).Next()
	if errors.Is(err, records.ErrCRC) {
		err = nil
	}
	return r.Type, err
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// snaps are the files of two snapshots.
func snaps(l *lab) files {
	l.t.Helper()
	sim := mustSim(l, nil)
	l.must(sim.Mkdir(snapDir, disk.DirMode))
	for _, index := range []uint64{5, 9} {
		l.must(snapshots.New(sim, snapDir).SaveSnap(snapshotOf(index, []byte("state"))))
	}
	f, err := simFiles(sim, snapDir)
	l.must(err)
	return f
}

func snapshotOf(index uint64, data []byte) *raftpb.Snapshot {
	return &raftpb.Snapshot{Data: data, Metadata: meta(index, 1)}
}

// zeroSum is the file of a snapshot at index 10 whose checksum is 0. Of its data 4
// bytes are free: the checksum is linear in their bits, so what each bit changes is
// known, and which of them are needed is found by elimination.
func zeroSum(l *lab) []byte {
	l.t.Helper()
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := func(free uint32) uint32 {
		b, err := proto.Marshal(snapshotOf(10, binary.LittleEndian.AppendUint32(nil, free)))
		l.must(err)
		return crc32.Checksum(b, table)
	}
	none := sum(0)
	type row struct{ effect, bits uint32 }
	var rows []row // each begins with a bit of effect that no other has first
	reduce := func(r row) row {
		for _, o := range rows {
			if r.effect^o.effect < r.effect {
				r = row{r.effect ^ o.effect, r.bits ^ o.bits}
			}
		}
		return r
	}
	for bit := range 32 {
		if r := reduce(row{sum(1<<bit) ^ none, 1 << bit}); r.effect != 0 {
			rows = append(rows, r)
			slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(b.effect, a.effect) })
		}
	}
	r := reduce(row{none, 0})
	if sum(r.bits) != 0 {
		l.t.Fatalf("the checksum is %08x, not 0", sum(r.bits))
	}
	sim, err := simOf(nil, files{})
	l.must(err)
	l.must(snapshots.New(sim, snapDir).SaveSnap(snapshotOf(10, binary.LittleEndian.AppendUint32(nil, r.bits))))
	f, err := simFiles(sim, snapDir)
	l.must(err)
	return f[f.names(".snap")[0]]
}

// showS03 puts a folder beside the snapshots.
func showS03(l *lab) (etcd, ours string) {
	const name = "0000000000000002-0000000000000001.snap"
	dir := filepath.Join(l.t.TempDir(), snapDir)
	l.must(putReal(dir, snaps(l)))
	l.must(os.Mkdir(filepath.Join(dir, name), disk.DirMode))
	s, err := snap.New(zap.NewNop(), dir).Load()
	left, errLeft := realFiles(dir)
	l.must(errLeft)
	etcd = loaded(s, err, left)
	sim, err := simOf(nil, snaps(l))
	l.must(err)
	l.must(sim.Mkdir(path.Join(snapDir, name), disk.DirMode))
	s, err = l.kind.snaps(sim).Load()
	entries, errList := sim.List(snapDir)
	l.must(errList)
	left = files{}
	for _, e := range entries {
		left[e.Name()] = nil
	}
	return etcd, loaded(s, err, left)
}
