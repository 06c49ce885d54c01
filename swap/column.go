package swap

import (
	"cmp"
	"fmt"
)

// column is a list of values by account, ascending, as the tables give them. Columns are joined by
// walking along them, which for hundreds of thousands of accounts is far quicker than a map.
type column[T any] struct {
	accounts []Account
	values   []T
}

func (c *column[T]) add(a Account, v T) error {
	if n := len(c.accounts); n > 0 && c.accounts[n-1] >= a {
		return fmt.Errorf("account %s comes after %s: the tables are out of order", a, c.accounts[n-1])
	}
	c.accounts, c.values = append(c.accounts, a), append(c.values, v)
	return nil
}

// merge returns the rows of two columns that have no account in common.
func (c *column[T]) merge(d *column[T]) *column[T] {
	if len(c.accounts) == 0 {
		return d
	}
	if len(d.accounts) == 0 {
		return c
	}
	n := len(c.accounts) + len(d.accounts)
	out := &column[T]{make([]Account, 0, n), make([]T, 0, n)}
	for i, j := 0, 0; i+j < n; {
		from, at := c, &i
		if i == len(c.accounts) || j < len(d.accounts) && d.accounts[j] < c.accounts[i] {
			from, at = d, &j
		}
		out.accounts, out.values = append(out.accounts, from.accounts[*at]), append(out.values, from.values[*at])
		*at++
	}
	return out
}

// walk looks accounts up that ascend themselves.
type walk[T any] struct {
	*column[T]
	at int
}

// find returns a pointer to the account's value, or nil.
func (w *walk[T]) find(a Account) *T {
	for ; w.at < len(w.accounts); w.at++ {
		if c := cmp.Compare(w.accounts[w.at], a); c == 0 {
			return &w.values[w.at]
		} else if c > 0 {
			break
		}
	}
	return nil
}
