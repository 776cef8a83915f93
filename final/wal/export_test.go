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
