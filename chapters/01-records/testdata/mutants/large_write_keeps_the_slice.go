// A large write into an empty buffer keeps the caller's slice in place of a copy.
// It is faster, and wrong as soon as the caller builds the next frame in the
// same slice. Seen by I7.
//
//course:mutant 1.3
package records

func (p *PageWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if len(p.buf) == 0 && len(b) >= PageSize {
		p.buf = b[:len(b):len(b)]
	} else {
		p.buf = append(p.buf, b...)
	}
	if len(p.buf) <= heldBytes {
		return len(b), nil
	}
	part := (p.offset + int64(len(p.buf))) % PageSize
	if err := p.handOn(len(p.buf) - int(part)); err != nil {
		return 0, err
	}
	return len(b), nil
}
