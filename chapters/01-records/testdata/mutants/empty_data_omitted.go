// Data is left out when it is empty, not when it is nil. Metadata that was empty
// comes back as metadata that was never given. Seen by I4.
//
//course:mutant 1.2
package records

import "google.golang.org/protobuf/encoding/protowire"

func AppendRecord(b []byte, r Record) []byte {
	b = protowire.AppendTag(b, fieldType, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(r.Type))
	b = protowire.AppendTag(b, fieldCRC, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(r.CRC))
	if len(r.Data) > 0 {
		b = protowire.AppendTag(b, fieldData, protowire.BytesType)
		b = protowire.AppendBytes(b, r.Data)
	}
	return b
}
