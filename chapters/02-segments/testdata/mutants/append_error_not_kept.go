// A write that fails inside Append is told and not kept: what follows is written behind
// bytes that may be missing. Seen by I11.
//
//course:mutant 2.3
package segments

func (l *Log) Append(typ int64, data []byte) error {
	if l.err != nil {
		return l.err
	}
	return l.tail.enc.Encode(typ, data)
}
