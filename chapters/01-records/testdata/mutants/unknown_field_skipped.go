// Unknown fields are skipped, as every protocol buffer library does, etcd's too. A
// flipped bit in a tag then makes the data vanish, and what is left of the record
// looks well formed. Seen by I5.
//
//course:mutant 1.2
package records

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func ParseRecord(b []byte) (Record, error) {
	var r Record
	var hasType, hasCRC bool
	for rest := b; len(rest) > 0; {
		num, wire, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return Record{}, fmt.Errorf("%w: %v", ErrRecord, protowire.ParseError(n))
		}
		value := rest[n:]
		var v uint64
		switch {
		case num == fieldType && wire == protowire.VarintType:
			v, n = protowire.ConsumeVarint(value)
			r.Type, hasType = int64(v), true
		case num == fieldCRC && wire == protowire.VarintType:
			v, n = protowire.ConsumeVarint(value)
			if v > math.MaxUint32 {
				return Record{}, fmt.Errorf("%w: checksum %#x", ErrRecord, v)
			}
			r.CRC, hasCRC = uint32(v), true
		case num == fieldData && wire == protowire.BytesType:
			r.Data, n = protowire.ConsumeBytes(value)
		default:
			n = protowire.ConsumeFieldValue(num, wire, value)
		}
		if n < 0 {
			return Record{}, fmt.Errorf("%w: %v", ErrRecord, protowire.ParseError(n))
		}
		rest = value[n:]
	}
	if !hasType || !hasCRC {
		return Record{}, fmt.Errorf("%w: type or checksum is missing", ErrRecord)
	}
	return r, nil
}
