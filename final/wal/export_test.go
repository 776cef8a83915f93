package wal

import "time"

// WaitForJoined returns when so many Saves wait for the log.
func WaitForJoined(w *WAL, n int) {
	for {
		w.queue.mu.Lock()
		joined := w.queue.next != nil && len(w.queue.next.saves) >= n
		w.queue.mu.Unlock()
		if joined {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// WaitForFilled returns when so much of the next segment is filled.
func WaitForFilled(w *WAL, size int64) {
	for {
		s := &w.out.spare
		s.mu.Lock()
		filled := s.filled
		s.mu.Unlock()
		if filled >= size {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// StepSpare does the next piece of the background's work.
func StepSpare(w *WAL) (more bool, err error) {
	return w.out.spare.step(w.out.spare.size)
}

// Written returns how much of a file etcd would have written, and how much it would hold, behind writes of these sizes from an offset on.
func Written(offset int64, sizes ...int64) (written, held int64) {
	p := pages{written: offset}
	for _, n := range sizes {
		p.write(n)
	}
	return p.written, p.held
}
