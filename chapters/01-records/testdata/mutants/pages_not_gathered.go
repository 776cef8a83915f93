// Whole pages are handed on as soon as there are any. Every write ends where it
// should, and the writer below is called for nearly every entry: what the page
// writer is there to spare. Seen by I6.
//
//course:mutant 1.3
package records

func (p *PageWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.buf = append(p.buf, b...)
	part := int((p.offset + int64(len(p.buf))) % PageSize)
	if part >= len(p.buf) {
		return len(b), nil
	}
	if err := p.handOn(len(p.buf) - part); err != nil {
		return 0, err
	}
	return len(b), nil
}
