package swap

import (
	"slices"
	"sort"
)

// Reads reports whether a programme reads the snapshot of a height.
func (t *Terms) Reads(height uint64) bool {
	for i := range t.Programmes {
		windows := t.Programmes[i].windows() // by height
		at := sort.Search(len(windows), func(i int) bool { return windows[i].to >= height })
		if at < len(windows) && windows[at].from <= height {
			return true
		}
	}
	return false
}

// Names reports whether a programme names a height for a snapshot.
func (t *Terms) Names(height uint64) bool {
	return slices.Contains(t.Heights(), height)
}

// Heights are the heights at which the programmes want snapshots, ascending, each once.
func (t *Terms) Heights() []uint64 {
	var out []uint64
	for i := range t.Programmes {
		for _, w := range t.Programmes[i].windows() {
			out = append(out, w.from)
			if w.free {
				out = append(out, w.to)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Window returns the last height at which the snapshot named for a height may be taken.
func (t *Terms) Window(height uint64) uint64 {
	last := height
	for i := range t.Programmes {
		for _, w := range t.Programmes[i].windows() {
			if w.from == height && !w.free {
				last = max(last, w.to)
			}
		}
	}
	return last
}

// window is a range of heights. One snapshot in it counts, the lowest; of a free one all do, and
// both ends must be there.
type window struct {
	from, to uint64
	free     bool
}

func (p *Programme) windows() []window {
	switch p.Kind {
	case ConvertStake, ConvertRewards, ConvertCoins:
		return []window{{p.SnapshotHeight, p.SnapshotHeight + p.SnapshotWindow, false}}
	case SharePoints:
		if p.Every == 0 {
			return []window{{p.FromHeight, p.ToHeight, true}}
		}
		var out []window
		for h := p.FromHeight; h <= p.ToHeight; h += p.Every {
			out = append(out, window{h, h + p.SnapshotWindow, false})
		}
		return out
	}
	return nil
}

// settle returns the heights of the final snapshots that the programme is computed from, once
// nothing that is still undecided could change them: every window has its lowest final one with
// none merely taken below it, or is missed.
func (p *Programme) settle(snapshots []Snapshot, missed []uint64) ([]uint64, bool) {
	windows := p.windows()
	if windows == nil {
		return nil, false
	}
	heights := []uint64{}
	for _, w := range windows {
		in, ok := w.settle(snapshots, missed)
		if !ok {
			return nil, false
		}
		heights = append(heights, in...)
	}
	// A conversion waits for its one snapshot, however late: a daemon that is rolled back can still
	// give it.
	return heights, len(heights) > 0 || p.Kind == SharePoints
}

// settle returns the heights of the final snapshots in the window that count. Both lists are
// sorted.
func (w window) settle(snapshots []Snapshot, missed []uint64) (final []uint64, ok bool) {
	first := sort.Search(len(snapshots), func(i int) bool { return snapshots[i].Height >= w.from })
	for _, s := range snapshots[first:] {
		if s.Height > w.to {
			break
		}
		switch s.Status {
		case TakenSnapshot:
			return nil, false
		case FinalSnapshot:
			if !w.free {
				return []uint64{s.Height}, true
			}
			final = append(final, s.Height)
		}
	}
	there := func(height uint64) bool {
		_, f := slices.BinarySearch(final, height)
		_, m := slices.BinarySearch(missed, height)
		return f || m
	}
	return final, there(w.from) && (!w.free || there(w.to))
}
