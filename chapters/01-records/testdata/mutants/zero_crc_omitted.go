// A crc of zero is left out, as protocol buffers of version 3 leave out zeros. The
// format is version 2 with both fields required: the first record of every log
// has a crc of zero. Seen by I3.
//
//course:mutant 1.2
package records

import "google.golang.org/protobuf/encoding/protowire"

func AppendRecord(b []byte, r Record) []byte {
	b = protowire.AppendTag(b, fieldType, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(r.Type))
	if r.CRC != 0 {
		b = protowire.AppendTag(b, fieldCRC, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(r.CRC))
	}
	if r.Data != nil {
		b = protowire.AppendTag(b, fieldData, protowire.BytesType)
		b = protowire.AppendBytes(b, r.Data)
	}
	return b
}
