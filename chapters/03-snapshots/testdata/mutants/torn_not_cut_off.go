// At a torn end the list is returned as it is, with what no hard state has
// committed. Seen by I27.
//
//course:mutant 3.5
package snapshots

import (
	"errors"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	records "example.com/logbook/chapters/01-records"
	segments "example.com/logbook/chapters/02-segments"
	"example.com/logbook/final/disk"
)

func ValidSnapshotEntries(fsys disk.FS, dir string) ([]*raftpb.SnapshotMetadata, error) {
	var found []*raftpb.SnapshotMetadata
	var commit uint64
	for rec, err := range segments.Read(fsys, dir) {
		switch {
		case errors.Is(err, segments.ErrTorn):
			return found, nil
		case err != nil:
			return nil, err
		}
		switch rec.Type {
		case records.TypeSnapshot:
			m, err := parseSnapshot(rec.Data)
			if err != nil {
				return nil, corrupt(rec, err)
			}
			found = append(found, m)
		case records.TypeState:
			s := &raftpb.HardState{}
			if err := parse(rec.Data, s); err != nil {
				return nil, corrupt(rec, err)
			}
			commit = s.GetCommit()
		}
	}
	return slices.DeleteFunc(found, func(m *raftpb.SnapshotMetadata) bool { return m.GetIndex() > commit }), nil
}
