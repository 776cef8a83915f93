// The error is returned once and forgotten. The next write succeeds, behind a
// hole: a node on a full disk goes on to acknowledge what nobody can read again.
// etcd v3.7.3 behaves so; PostgreSQL's "fsyncgate" (2018) is of the same family. Seen by I8.
//
//course:mutant 1.3
package records

import "io"

func (p *PageWriter) handOn(n int) error {
	if n == 0 {
		return nil
	}
	wrote, err := p.w.Write(p.buf[:n])
	if err == nil && wrote < n {
		err = io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	p.offset += int64(n)
	p.buf = append(p.buf[:0], p.buf[n:]...)
	return nil
}
