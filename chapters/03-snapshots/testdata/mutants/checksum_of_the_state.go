// The checksum covers the state and not the message around it: term, index and
// members may change unseen, and etcd takes the file for corrupt. Seen by I17.
//
//course:mutant 3.3
package snapshots

import (
	"hash/crc32"

	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

func encode(snap *raftpb.Snapshot) ([]byte, error) {
	data, err := proto.Marshal(snap)
	if err != nil {
		return nil, err
	}
	var b []byte
	b = protowire.AppendTag(b, fieldCRC, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(crc32.Checksum(snap.GetData(), castagnoli)))
	b = protowire.AppendTag(b, fieldData, protowire.BytesType)
	return protowire.AppendBytes(b, data), nil
}
