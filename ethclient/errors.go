package ethclient

import (
	"errors"
	"fmt"

	"oxenswap/swap"
)

var (
	// ErrNoFinal says that a node knows no final block.
	ErrNoFinal = errors.New("the node has no final block: wait until it has finished synchronising")
	// ErrReorganised says that a block which was final, or was just read, is not on the chain any
	// more.
	ErrReorganised = errors.New("the chain was reorganised: read again; if the block was final, " +
		"stop and compare with another node")
	// ErrMalformed says that a node's answer cannot be what the contract said.
	ErrMalformed = errors.New("malformed answer: use another node")
)

// ChainError is a node on the wrong chain.
type ChainError struct {
	Node string
	Got  string
	Want uint64
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("node %s is on chain %s, not on chain %d: configure the URL of a node of chain %d",
		e.Node, e.Got, e.Want, e.Want)
}

// NoCodeError is an address at which there is no contract.
type NoCodeError struct {
	What    string // "token" or "distributor"
	Address swap.EVMAddress
}

func (e *NoCodeError) Error() string {
	return fmt.Sprintf("there is no contract at %s, where the %s should be: check the address and the chain",
		e.Address, e.What)
}

// DecimalsError is a token with other than nine decimals.
type DecimalsError struct {
	Token swap.EVMAddress
	Got   string
}

func (e *DecimalsError) Error() string {
	return fmt.Sprintf("token %s has %s decimals, not 9: amounts would be wrong by powers of ten; check its address",
		e.Token, e.Got)
}

// SymbolError is a token with another name than the terms give it.
type SymbolError struct {
	Token     swap.EVMAddress
	Got, Want string
}

func (e *SymbolError) Error() string {
	return fmt.Sprintf("token %s calls itself %.40q, the terms say %q: check its address", e.Token, e.Got, e.Want)
}

// CodeError is a contract that is not our distributor. It wraps contracts.ErrOtherCode.
type CodeError struct {
	Address swap.EVMAddress
	Err     error
}

func (e *CodeError) Error() string {
	return fmt.Sprintf("contract at %s: %v: do not use it; check the address and the version of this program",
		e.Address, e.Err)
}

func (e *CodeError) Unwrap() error { return e.Err }

// SettingError is a distributor with another setting than expected.
type SettingError struct {
	Address   swap.EVMAddress
	Setting   string
	Got, Want string
}

func (e *SettingError) Error() string {
	return fmt.Sprintf("distributor %s: %s is %s, expected %s: "+
		"it was not deployed for this migration with this configuration, or its owner has changed it",
		e.Address, e.Setting, e.Got, e.Want)
}

// UnderfundedError is a distributor that holds less than a total needs.
type UnderfundedError struct {
	Need    swap.Sesh // the total of a root
	Balance swap.Sesh // what the distributor holds
	Claimed swap.Sesh // what it has paid
}

// Missing is how much must still be sent to the distributor.
func (e *UnderfundedError) Missing() swap.Sesh { return e.Need - e.Balance - e.Claimed }

func (e *UnderfundedError) Error() string {
	return fmt.Sprintf("the distributor holds %d and has paid %d atomic SESH, a total of %d needs %d more: "+
		"fund it first", e.Balance, e.Claimed, e.Need, e.Missing())
}

// DisagreeError is two nodes that say different things about what must be the same.
type DisagreeError struct {
	A, B string // the nodes' names
	What string
}

func (e *DisagreeError) Error() string {
	return fmt.Sprintf("nodes %s and %s disagree about %s: "+
		"until they agree nothing is sent but what pauses or cancels; find out which one is wrong", e.A, e.B, e.What)
}

// NotFinalError is a block that was asked for before it was final.
type NotFinalError struct{ Block, Final uint64 }

func (e *NotFinalError) Error() string {
	return fmt.Sprintf("block %d is not final yet, the newest final one is %d: wait", e.Block, e.Final)
}
