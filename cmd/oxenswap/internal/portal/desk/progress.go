package desk

// graph is what Progress was last.
type graph struct{}
