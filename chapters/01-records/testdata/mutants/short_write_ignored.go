// A writer that takes fewer bytes than it was given is believed when it reports no
// error. The missing bytes are never written, and nobody is told. Seen by I8.
//
//course:mutant 1.3
package records

func (p *PageWriter) handOn(n int) error {
	if n == 0 {
		return nil
	}
	wrote, err := p.w.Write(p.buf[:n])
	if err != nil {
		p.err = err
		return err
	}
	p.offset += int64(wrote)
	p.buf = append(p.buf[:0], p.buf[n:]...)
	return nil
}
