// Package parallel spreads work over all cores and keeps its order.
package parallel

import "runtime"

// InOrder runs work on every item on all cores and passes the results to done in the order of the
// items. It stops at the first error of done and returns it.
func InOrder[T, R any](items func(yield func(T) bool), work func(T) R, done func(T, R) error) error {
	type job struct {
		item   T
		result chan R
	}
	workers := runtime.GOMAXPROCS(0)
	todo, order, stop := make(chan job), make(chan job, 4*workers), make(chan struct{})
	for range workers {
		go func() {
			for j := range todo {
				j.result <- work(j.item)
			}
		}()
	}
	go func() {
		defer close(order)
		defer close(todo)
		for item := range items {
			j := job{item, make(chan R, 1)}
			for _, c := range []chan job{order, todo} {
				select {
				case c <- j:
				case <-stop:
					return
				}
			}
		}
	}()
	defer close(stop)
	for j := range order {
		if err := done(j.item, <-j.result); err != nil {
			return err
		}
	}
	return nil
}
