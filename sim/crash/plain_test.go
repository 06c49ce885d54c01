//go:build !failpoints

package crash

// failpoints says whether the programs are built with failpoints.
const failpoints = false
