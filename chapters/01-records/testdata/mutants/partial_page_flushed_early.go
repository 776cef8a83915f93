// When too much is held, all of it is handed on, also the page that is not full
// yet. It is written again later, and a power loss in between may tear a sector
// that was already there. Seen by I6.
//
//course:mutant 1.3
package records

func (p *PageWriter) Write(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	p.buf = append(p.buf, b...)
	if len(p.buf) <= heldBytes {
		return len(b), nil
	}
	if err := p.handOn(len(p.buf)); err != nil {
		return 0, err
	}
	return len(b), nil
}
