// A checksum of 0 is taken for "no checksum", and nothing is compared: a damaged
// file is loaded. Seen by I25.
//
//course:mutant 3.4
package snapshots

import (
	"errors"
	"fmt"
	"hash/crc32"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

func decode(b []byte) (*raftpb.Snapshot, error) {
	stored, data, err := split(b)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("it holds no snapshot")
	}
	if crc := crc32.Checksum(data, castagnoli); stored != 0 && crc != stored {
		return nil, fmt.Errorf("its checksum is %08x, its bytes give %08x", stored, crc)
	}
	snap := &raftpb.Snapshot{}
	if err := proto.Unmarshal(data, snap); err != nil {
		return nil, err
	}
	if snap.GetMetadata() == nil {
		return nil, errors.New("it has no metadata (index and term), and no node saves a snapshot without")
	}
	return snap, nil
}
