// Pages are counted from where this writer began, not from the beginning of the
// file. After every restart each write ends inside a page: etcd-io/etcd#6544
// (2016) was exactly this. Seen by I6.
//
//course:mutant 1.3
package records

import "io"

func NewPageWriter(w io.Writer, offset int64) *PageWriter {
	return &PageWriter{w: w}
}
