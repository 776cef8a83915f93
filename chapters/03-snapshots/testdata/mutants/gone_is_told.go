// A file that somebody has removed is among those passed over: whoever looks finds
// nothing wrong. Seen by I23.
//
//course:mutant 3.4
package snapshots

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.etcd.io/raft/v3/raftpb"
)

func (s *Snapshotter) load(wanted func(position) bool) (*raftpb.Snapshot, error) {
	s.passed = nil
	names, err := s.names()
	if err != nil {
		return nil, fmt.Errorf("snapshots: %w", err)
	}
	for _, name := range slices.Backward(names) {
		p, _ := parseName(name)
		if !wanted(p) {
			continue
		}
		snap, err := s.read(name, p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s.passed = append(s.passed, err)
			continue
		case errors.Is(err, ErrCorrupt):
			s.passed = append(s.passed, err)
			err = setAside(s.fsys, s.dir, name)
		case errors.Is(err, ErrName):
			s.passed = append(s.passed, err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("snapshots: load %s: %w", name, err)
		}
		if snap != nil {
			return snap, nil
		}
	}
	return nil, errors.Join(fmt.Errorf("snapshots: %s: %w", s.dir, ErrNoSnapshot), errors.Join(s.passed...))
}
