package torture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"example.com/logbook/final/disk"
)

// snapDir is the folder of the snapshots' files.
const snapDir = "snap"

// snapName returns the name of a snapshot's file.
func snapName(at position) string {
	return fmt.Sprintf("%s/%016x-%016x.snap", snapDir, at.term, at.index)
}

// snapBody returns what a snapshot's file holds: enough for two sectors.
func snapBody(at position) []byte { return []byte(payload(at, 700)) }

// storeSnapshot makes a snapshot's file durable before its record vouches for it: under another name first, so that a crash leaves the whole file or
// none.
func (l *life) storeSnapshot(at position) error {
	if err := l.fs.Mkdir(snapDir, disk.DirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := l.fs.SyncDir("."); err != nil {
		return err
	}
	f, err := l.fs.Open(snapDir+"/tmp", os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(snapBody(at), 0)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := l.fs.Rename(snapDir+"/tmp", snapName(at)); err != nil {
		return err
	}
	return l.fs.SyncDir(snapDir)
}

// loadSnapshot reads the file that a node starts from.
func (l *life) loadSnapshot(at position) error {
	if at.index == 0 {
		return nil
	}
	f, err := l.fs.Open(snapName(at), os.O_RDONLY, 0)
	if err != nil {
		return fmt.Errorf("the log vouches for snapshot %v, and its file is not there: %w", at, err)
	}
	defer f.Close()
	want := snapBody(at)
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil && err != io.EOF || string(got) != string(want) {
		return fmt.Errorf("the log vouches for snapshot %v, and its file is not whole: %v", at, err)
	}
	return nil
}
