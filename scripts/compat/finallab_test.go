package compat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/etcdserver/api/snap"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"go.uber.org/zap"

	records "example.com/logbook/chapters/01-records"
	finalsnap "example.com/logbook/final/snap"
	finalwal "example.com/logbook/final/wal"
)

// twoLogs are new logs of both in real folders.
type twoLogs struct {
	*lab
	dirs  [2]string // etcd's, final's
	etcd  *wal.WAL
	final *finalwal.WAL
}

func (l *lab) realOptions() *finalwal.Options {
	return &finalwal.Options{SegmentSize: l.size, NoBackground: true}
}

// two makes them.
func (l *lab) two() *twoLogs {
	l.t.Helper()
	w := &twoLogs{lab: l, dirs: l.folders()}
	var err error
	w.etcd, err = wal.Create(nil, w.dirs[0], []byte("md"))
	l.must(err)
	w.final, err = finalwal.Create(w.dirs[1], []byte("md"), l.realOptions())
	l.must(err)
	return w
}

// folders are two names of folders that are not there.
func (l *lab) folders() [2]string {
	dir := l.t.TempDir()
	return [2]string{filepath.Join(dir, "etcd"), filepath.Join(dir, "final")}
}

// both does the same with either log.
func (w *twoLogs) both(do func(s saver) error) (etcd, final string) {
	return ending(safely(func() error { return do(etcdLog{w.etcd}) })), ending(safely(func() error { return do(w.final) }))
}

func (w *twoLogs) close() { w.etcd.Close(); w.final.Close() }

// reads reads what is in the two folders.
func (w *twoLogs) reads() (etcd, final string) {
	w.t.Helper()
	a, err := realFiles(w.dirs[0])
	w.must(err)
	b, err := realFiles(w.dirs[1])
	w.must(err)
	return w.lab.etcd(a, nil), w.ours(b, nil)
}

// full makes every write fail meanwhile that goes beyond a file's first bytes, as
// those to a full disk do.
func (l *lab) full(do func()) {
	l.t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	l.must(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	l.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 16, Max: old.Max}))
	defer func() { l.must(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }()
	do()
}

// brief is ending with one word for all errors.
func brief(text string) string {
	if text == "fine" || text == "panic" {
		return text
	}
	return "error"
}

func showW10(l *lab) (etcd, ours string) {
	f, name, at := twenty(l)
	f[name][at[30]+5] ^= 1
	return l.etcdRepairs(f), l.oursRepairs(f)
}

func showW17(l *lab) (etcd, ours string) {
	w := l.two()
	defer w.close()
	save := func(i uint64) (string, string) {
		return w.both(func(s saver) error { return s.Save(hs(1, 1, 0), run(1, i, i)) })
	}
	save(1)
	l.full(func() {
		if a, b := save(2); a == "fine" || b == "fine" {
			l.t.Fatalf("a Save on a full disk: etcd %s, final %s", a, b)
		}
	})
	etcd, ours = save(3)
	a, b := w.reads()
	return brief(etcd) + "; then " + a, brief(ours) + "; then " + b
}

// untilFails saves until a Save fails, and returns what comes of the next one.
func (l *lab) untilFails(s saver) error {
	l.t.Helper()
	for i := uint64(1); i < 100; i++ {
		if s.Save(hs(1, 1, i-1), sized(1, i, i, 4000)) != nil {
			return s.Save(hs(1, 1, i-1), run(1, i+1, i+1))
		}
	}
	l.t.Error("no Save has failed")
	return nil
}

func showW18(l *lab) (etcd, ours string) {
	l.segment(8192)
	w := l.two()
	defer w.close()
	for _, dir := range w.dirs {
		l.must(os.MkdirAll(filepath.Join(dir, "0000000000000001-0000000000000005.wal", "full"), 0o700))
	}
	etcd, ours = w.both(l.untilFails)
	return brief(etcd), brief(ours)
}

func showW19(l *lab) (etcd, ours string) {
	l.segment(8192)
	w := l.two()
	defer w.close()
	l.must(os.MkdirAll(filepath.Join(w.dirs[0], "1.tmp", "full"), 0o700))
	l.must(os.MkdirAll(filepath.Join(w.dirs[1], "0.tmp", "full"), 0o700))
	etcd, ours = w.both(l.untilFails)
	return brief(etcd), brief(ours)
}

// openFiles counts the files that this process has open in a folder.
func openFiles(dir string) (count int) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && strings.HasPrefix(name, dir) {
			count++
		}
	}
	return count
}

func showW23(l *lab) (etcd, ours string) {
	dirs := l.folders()
	f := many(l)
	l.must(errors.Join(putReal(dirs[0], f), putReal(dirs[1], f)))
	w, err := wal.OpenForRead(nil, dirs[0], &walpb.Snapshot{})
	l.must(err)
	etcd = brief(ending(w.Close()))
	o, err := finalwal.OpenForRead(dirs[1], nil, nil)
	l.must(err)
	ours = brief(ending(o.Close()))
	return fmt.Sprintf("%s, %d open", etcd, openFiles(dirs[0])), fmt.Sprintf("%s, %d open", ours, openFiles(dirs[1]))
}

func showW24(l *lab) (etcd, ours string) {
	w := l.two()
	w.both(func(s saver) error { return errors.Join(s.Save(hs(1, 1, 0), run(1, 1, 3)), s.Save(hs(1, 1, 1), nil)) })
	l.full(func() {
		w.both(func(s saver) error { return s.Save(hs(1, 1, 2), nil) })
		if a, b := w.etcd.Close(), w.final.Close(); a == nil || b == nil {
			l.t.Fatalf("Close() on a full disk: etcd %v, final %v", a, b)
		}
	})
	a, err := wal.Open(nil, w.dirs[0], &walpb.Snapshot{})
	if etcd = ending(err); err == nil {
		a.Close()
	}
	b, err := finalwal.Open(w.dirs[1], nil, l.realOptions())
	if ours = ending(err); err == nil {
		b.Close()
	}
	return etcd, ours
}

func showW26(l *lab) (etcd, ours string) {
	f, name, _ := twenty(l)
	f[name][11] ^= 1
	return l.etcd(f, nil), l.ours(f, nil)
}

func showW28(l *lab) (etcd, ours string) {
	f := l.log(func(s saver) error {
		return errors.Join(s.Save(hs(1, 1, 0), sized(1, 1, 2, 600)), s.Save(nil, sized(1, 3, 8, 900)))
	})
	name, at := places(l, f)
	first := at[len(at)-6]
	clear(f[name][first : first+512-first%512])
	return l.etcdRepairs(f), l.oursRepairs(f)
}

// frame is one frame, padded unless told otherwise.
func frame(typ int64, crc uint32, data []byte, pad bool) []byte {
	r := records.AppendRecord(nil, records.Record{Type: typ, CRC: crc, Data: data})
	word, n := records.EncodeLength(int64(len(r)))
	if !pad {
		word, n = uint64(len(r)), 0
	}
	return append(append(binary.LittleEndian.AppendUint64(nil, word), r...), make([]byte, n)...)
}

// build is a log of one segment, of the given records behind its checksum.
func build(pad bool, recs ...records.Record) files {
	var b bytes.Buffer
	b.Write(frame(records.TypeCRC, 0, nil, pad))
	crc := uint32(0)
	for _, r := range recs {
		crc = crcUpdate(crc, r.Data)
		b.Write(frame(r.Type, crc, r.Data, pad))
	}
	return files{"0000000000000000-0000000000000000.wal": append(b.Bytes(), make([]byte, 4096)...)}
}

func showW30(l *lab) (etcd, ours string) {
	f := build(true, records.Record{Type: records.TypeMetadata, Data: []byte("md")}, records.Record{Type: 9, Data: []byte("?")},
		records.Record{Type: records.TypeMetadata, Data: []byte("md")})
	dir := filepath.Join(l.t.TempDir(), logDir)
	l.must(putReal(dir, f))
	_, err := wal.Verify(nil, dir, &walpb.Snapshot{})
	_, errOurs := finalwal.Verify(dir, nil, nil)
	tells := func(err error) string {
		switch {
		case err == nil:
			return "fine"
		case strings.Contains(err.Error(), "type 9 "):
			return "tells the type"
		case strings.Contains(err.Error(), "block type"):
			return "tells an address"
		}
		return err.Error()
	}
	return tells(err), tells(errOurs)
}

func showW32(l *lab) (etcd, ours string) {
	l.segment(2048)
	f := l.log(func(s saver) error {
		for i := range uint64(30) {
			if err := s.Save(hs(1, 1, i), run(1, i+1, i+1)); err != nil {
				return err
			}
		}
		return errors.Join(s.SaveSnapshot(meta(28, 1)), s.Save(hs(1, 1, 30), nil))
	})
	f[f.names(".wal")[0]][300] ^= 1
	dir := filepath.Join(l.t.TempDir(), logDir)
	l.must(putReal(dir, f))
	a, err := wal.ValidSnapshotEntries(zap.NewNop(), dir)
	b, errOurs := finalwal.ValidSnapshotEntries(dir, nil)
	found := func(n int, err error) string {
		if err != nil {
			return ending(err)
		}
		return fmt.Sprintf("%d snapshot", n)
	}
	return found(len(a), err), found(len(b), errOurs)
}

func showW34(l *lab) (etcd, ours string) {
	l.segment(4096)
	a, b := l.calls(func(s saver) error {
		for i := range uint64(60) {
			if err := errors.Join(s.Save(hs(1, 1, i), sized(1, i+1, i+1, int(i%7)*150)), s.Save(hs(1, 1, i+1), nil)); err != nil {
				return err
			}
		}
		return nil
	})
	if d := differ(b.files, a.files); d != "" {
		return d, d
	}
	return "behind the Save that passed its size", "at the same record"
}

func showW39(l *lab) (etcd, ours string) {
	w := &twoLogs{lab: l, dirs: l.folders()}
	var err error
	w.etcd, err = wal.Create(nil, w.dirs[0], []byte("md"))
	l.must(err)
	w.etcd.SetUnsafeNoFsync()
	opts := l.realOptions()
	opts.UnsafeNoSync = true
	w.final, err = finalwal.Create(w.dirs[1], []byte("md"), opts)
	l.must(err)
	defer w.close()
	w.both(func(s saver) error { return s.Save(hs(1, 1, 3), run(1, 1, 5)) })
	return w.reads()
}

func showW40(l *lab) (etcd, ours string) {
	dirs := l.folders()
	l.full(func() {
		a, err := wal.Create(nil, dirs[0], []byte("md"))
		b, errOurs := finalwal.Create(dirs[1], []byte("md"), l.realOptions())
		if err == nil || errOurs == nil {
			l.t.Errorf("Create() on a full disk: etcd %v %v, final %v %v", a, err, b, errOurs)
		}
	})
	tell := map[bool]string{true: "a log", false: "no log"}
	exists, err := finalwal.Exist(dirs[1], nil)
	l.must(err)
	return tell[wal.Exist(dirs[0])], tell[exists]
}

func showW41(l *lab) (etcd, ours string) {
	f := many(l)
	for index := range uint64(45) {
		dirs := l.folders()
		l.must(errors.Join(putReal(dirs[0], f), putReal(dirs[1], f)))
		a, err := wal.Open(nil, dirs[0], &walpb.Snapshot{})
		l.must(err)
		_, _, _, err = a.ReadAll()
		l.must(errors.Join(err, a.ReleaseLockTo(index)))
		b, err := finalwal.Open(dirs[1], nil, l.realOptions())
		l.must(err)
		_, _, _, err = b.ReadAll()
		l.must(errors.Join(err, b.ReleaseLockTo(index)))
		for _, name := range f.names(".wal") {
			if x, y := isLocked(dirs[0], name), isLocked(dirs[1], name); x != y {
				return fmt.Sprintf("ReleaseLockTo(%d): %s locked: %v", index, name, x), fmt.Sprint(y)
			}
		}
		l.must(errors.Join(a.Close(), b.Close()))
	}
	return "the same as final", "the same as etcd"
}

func isLocked(dir, name string) bool {
	f, err := fileutil.TryLockFile(filepath.Join(dir, name), os.O_WRONLY, 0o600)
	if err == nil {
		f.Close()
	}
	return err != nil
}

func showW42(l *lab) (etcd, ours string) {
	w := l.two()
	done := make(chan bool)
	go func() { done <- wal.Repair(nil, w.dirs[0]) }()
	select {
	case <-done:
		etcd = "returns"
	case <-time.After(200 * time.Millisecond):
		etcd = "waits"
	}
	_, err := finalwal.Repair(w.dirs[1], l.realOptions())
	w.close()
	if etcd == "waits" {
		<-done
	}
	return etcd, ending(err)
}

func showW43(l *lab) (etcd, ours string) {
	f, name, at := twenty(l)
	f[name][at[10]+20] ^= 1
	dirs := l.folders()
	l.must(errors.Join(putReal(dirs[0], f), putReal(dirs[1], f)))
	open := [2]func() (io.Closer, func() error, error){
		func() (io.Closer, func() error, error) {
			w, err := wal.Open(nil, dirs[0], &walpb.Snapshot{})
			if err != nil {
				return nil, nil, err
			}
			return w, func() error { _, _, _, err := w.ReadAll(); return err }, nil
		},
		func() (io.Closer, func() error, error) {
			w, err := finalwal.Open(dirs[1], nil, l.realOptions())
			if err != nil {
				return nil, nil, err
			}
			return w, func() error { _, _, _, err := w.ReadAll(); return err }, nil
		},
	}
	var texts [2]string
	for i, open := range open {
		w, readAll, err := open()
		l.must(err)
		if readAll() == nil {
			l.t.Fatal("ReadAll() of a damaged log is fine")
		}
		_, _, err = open()
		texts[i] = ending(err)
		w.Close()
		if w, _, err = open(); err == nil {
			w.Close()
		}
		texts[i] += ", " + ending(err)
	}
	return texts[0], texts[1]
}

func showW46(l *lab) (etcd, ours string) {
	e := mustMarshal(l, &raftpb.Entry{Term: new(uint64(1)), Index: new(uint64(1)), Data: []byte("x")})
	f := build(false, records.Record{Type: records.TypeMetadata, Data: []byte("md")}, records.Record{Type: records.TypeSnapshot, Data: []byte{8, 0, 16, 0}},
		records.Record{Type: records.TypeEntry, Data: e})
	return l.etcd(f, nil), l.ours(f, nil)
}

func showS02(l *lab) (etcd, ours string) {
	dirs := l.folders()
	l.must(errors.Join(os.Mkdir(dirs[0], 0o700), os.Mkdir(dirs[1], 0o700)))
	a, b := snap.New(zap.NewNop(), dirs[0]), finalsnap.New(dirs[1], nil)
	s := snapshotOf(9, []byte("state"))
	l.must(errors.Join(a.SaveSnap(s), b.SaveSnap(s)))
	l.full(func() {
		if x, y := a.SaveSnap(s), b.SaveSnap(s); x == nil || y == nil {
			l.t.Errorf("SaveSnap() on a full disk: etcd %v, final %v", x, y)
		}
	})
	x, err := a.Load()
	y, errOurs := b.Load()
	return loaded(x, err, nil), loaded(y, errOurs, nil)
}

func showS04(l *lab) (etcd, ours string) {
	dir := filepath.Join(l.t.TempDir(), snapDir)
	l.must(putReal(dir, snaps(l)))
	x, err := snap.New(zap.NewNop(), dir).LoadNewestAvailable(nil)
	y, errOurs := finalsnap.New(dir, nil).LoadNewestAvailable(nil)
	return loaded(x, err, nil), loaded(y, errOurs, nil)
}

func showS07(l *lab) (etcd, ours string) {
	dirs := l.folders()
	l.must(errors.Join(os.Mkdir(dirs[0], 0o700), os.Mkdir(dirs[1], 0o700)))
	s := snapshotOf(0, []byte("state"))
	tell := func(dir string, err error) string {
		f, errFiles := realFiles(dir)
		l.must(errFiles)
		return ending(err) + map[bool]string{true: ", no file", false: ", a file"}[len(f.names(".snap")) == 0]
	}
	return tell(dirs[0], snap.New(zap.NewNop(), dirs[0]).SaveSnap(s)), tell(dirs[1], finalsnap.New(dirs[1], nil).SaveSnap(s))
}

func showS09(l *lab) (etcd, ours string) {
	recs := []records.Record{{Type: records.TypeMetadata, Data: []byte("md")}, {Type: records.TypeSnapshot, Data: []byte{8, 0, 16, 0}}}
	for _, e := range run(1, 1, 5) {
		recs = append(recs, records.Record{Type: records.TypeEntry, Data: mustMarshal(l, e)})
	}
	recs = append(recs, records.Record{Type: records.TypeState, Data: mustMarshal(l, hs(1, 1, 3))}, records.Record{Type: records.TypeSnapshot, Data: []byte{8, 3, 16, 1}})
	f := build(true, recs...)
	return l.etcd(f, meta(3, 1)), l.ours(f, meta(3, 1))
}

func showB01(l *lab) (etcd, ours string) {
	l.log(func(s saver) error {
		return errors.Join(s.Save(&raftpb.HardState{Term: new(uint64(4)), Commit: new(uint64(1))}, []*raftpb.Entry{
			{Term: new(uint64(4)), Index: new(uint64(1)), Data: []byte("bbb")}, {Term: new(uint64(4)), Index: new(uint64(2))}}), s.SaveSnapshot(meta(1, 4)))
	})
	return "those of final", "those of etcd 3.7"
}

func showB02(l *lab) (etcd, ours string) {
	w := l.two()
	defer w.close()
	names := func(err error) string {
		_, path, _ := strings.Cut(fmt.Sprint(err), w.dirs[0])
		if strings.HasPrefix(path, ".tmp") {
			return "one that is gone"
		}
		if strings.Contains(fmt.Sprint(err), "0000000000000000-0000000000000000.wal") {
			return "the segment"
		}
		return fmt.Sprint(err)
	}
	l.full(func() {
		etcd, ours = names(w.etcd.Save(hs(1, 1, 0), run(1, 1, 1))), names(w.final.Save(hs(1, 1, 0), run(1, 1, 1)))
	})
	return etcd, ours
}
