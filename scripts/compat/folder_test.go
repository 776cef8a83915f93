package compat

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"example.com/logbook/final/disk"
)

// The names of the two folders of a node, on a simulated disk and on a real one.
const (
	logDir  = "wal"
	snapDir = "snap"
)

// files are the contents of a folder, by name.
type files map[string][]byte

// names returns the names with a suffix, in order.
func (f files) names(suffix string) []string {
	var names []string
	for name := range f {
		if strings.HasSuffix(name, suffix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// realFiles reads a real folder.
func realFiles(dir string) (files, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := files{}
	for _, e := range entries {
		if e.IsDir() {
			found[e.Name()] = nil
			continue
		}
		if found[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// putReal replaces what a real folder holds.
func putReal(dir string, f files) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Mkdir(dir, disk.DirMode); err != nil {
		return err
	}
	for name, b := range f {
		if err := os.WriteFile(filepath.Join(dir, name), b, disk.FileMode); err != nil {
			return err
		}
	}
	return nil
}

// simFiles reads a folder of a simulated disk.
func simFiles(fsys disk.FS, dir string) (files, error) {
	entries, err := fsys.List(dir)
	if err != nil {
		return nil, err
	}
	found := files{}
	for _, e := range entries {
		if found[e.Name()], err = simFile(fsys, path.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func simFile(fsys disk.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.NewSectionReader(f, 0, size))
}

// simOf returns a simulated disk that holds the two folders.
func simOf(log, snap files) (*disk.Sim, error) {
	sim := disk.NewSim()
	for dir, f := range map[string]files{logDir: log, snapDir: snap} {
		if f == nil {
			continue
		}
		if err := sim.Mkdir(dir, disk.DirMode); err != nil {
			return nil, err
		}
		for name, b := range f {
			if err := putFile(sim, path.Join(dir, name), b); err != nil {
				return nil, err
			}
		}
		if err := sim.SyncDir(dir); err != nil {
			return nil, err
		}
	}
	return sim, sim.SyncDir(".")
}

func putFile(sim disk.FS, name string, b []byte) error {
	f, err := sim.Open(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, disk.FileMode)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(b, 0)
	return errors.Join(err, f.Sync(), f.Close())
}

// differ returns where two folders differ, or "".
func differ(ours, etcds files) string {
	names := slices.Concat(ours.names(""), etcds.names(""))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		a, inOurs := ours[name]
		b, inEtcds := etcds[name]
		switch {
		case !inEtcds:
			return name + " is ours only"
		case !inOurs:
			return name + " is etcd's only"
		case len(a) != len(b):
			return fmt.Sprintf("%s has %d bytes in ours, %d in etcd's", name, len(a), len(b)) + firstDifference(a, b)
		}
		if at := firstDifference(a, b); at != "" {
			return name + at
		}
	}
	return ""
}

func firstDifference(a, b []byte) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf(": byte %d is %02x in ours, %02x in etcd's", i, a[i], b[i])
		}
	}
	return ""
}
