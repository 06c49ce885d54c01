package state

// Answer is what nodes say of bytes: to the last time they were sent, or when asked whether they
// know the transaction. It shortens a wait, and never says that something is in a block.
type Answer string

// The answers. Of those of several nodes, the one that comes first here counts.
const (
	Holds     Answer = "holds"     // a node has them: it took them, had them before, or returns the transaction
	NonceUsed Answer = "used"      // to a node, the nonce is used
	Dearer    Answer = "dearer"    // another transaction with the nonce waits, and these do not offer enough more
	Cheap     Answer = "cheap"     // they offer too little
	GapBefore Answer = "gap"       // an earlier nonce is missing
	Broke     Answer = "broke"     // the account has too little for gas
	Busy      Answer = "busy"      // the node takes nothing now: it is full, paused or not in step with the chain
	Declined  Answer = "declined"  // refused, in words that this program does not know
	Never     Answer = "never"     // refused for what the bytes are: they would fail, or are too large
	Silent    Answer = "no answer" // none, a broken connection or a time-out: the bytes may have arrived or not
	Lost      Answer = "lost"      // when asked, no node knows the transaction, though its bytes were sent
)

// Answers are all of them, the strongest first.
func Answers() []Answer {
	return []Answer{Holds, NonceUsed, Dearer, Cheap, GapBefore, Broke, Busy, Silent, Lost, Declined, Never}
}

// Vain reports whether an answer to bytes that were sent leaves no hope that a node holds them.
func (a Answer) Vain() bool {
	switch a {
	case Dearer, Cheap, Broke, Declined, Never, Silent:
		return true
	}
	return false
}

// Strongest is the answer that counts among several: any node's acceptance suffices, and that all
// refuse for good is believed only if all do.
func Strongest(all ...Answer) Answer {
	for _, a := range Answers() {
		for _, b := range all {
			if a == b {
				return a
			}
		}
	}
	return Silent
}
