package cryptonote

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"strings"
)

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

const (
	fullBlock     = 8  // bytes
	fullBlockText = 11 // characters
)

// blockText[n] is the number of characters of a block of n bytes.
var blockText = [fullBlock + 1]int{0, 2, 3, 5, 6, 7, 9, 10, fullBlockText}

// blockSize[n] is the number of bytes of a block of n characters; -1 if no block has so many.
var blockSize = [fullBlockText + 1]int{0, -1, 1, 2, -1, 3, 4, 5, -1, 6, 7, fullBlock}

// base58Digit gives a character's value, or -1.
var base58Digit = func() (digit [256]int8) {
	for c := range digit {
		digit[c] = int8(strings.IndexByte(base58Alphabet, byte(c)))
	}
	return digit
}()

// EncodeBase58 gives the CryptoNote base58 text of data.
func EncodeBase58(data []byte) string {
	return string(appendBase58(make([]byte, 0, base58TextLen(len(data))), data))
}

// DecodeBase58 is the inverse of EncodeBase58. It accepts only what encodes to the same text again;
// it takes time and memory linear in len(text), which the caller bounds. Reasons: ErrAlphabet,
// ErrLength, ErrOverflow.
func DecodeBase58(text string) ([]byte, error) {
	return appendBase58Decoded(make([]byte, 0, len(text)/fullBlockText*fullBlock+fullBlock), text)
}

func base58TextLen(n int) int {
	return n/fullBlock*fullBlockText + blockText[n%fullBlock]
}

func appendBase58(text, data []byte) []byte {
	for len(data) > 0 {
		n := min(len(data), fullBlock)
		var block [fullBlock]byte
		copy(block[fullBlock-n:], data[:n])
		v := binary.BigEndian.Uint64(block[:])

		var digits [fullBlockText]byte
		size := blockText[n]
		for i := size - 1; i >= 0; i-- {
			digits[i] = base58Alphabet[v%58]
			v /= 58
		}
		text = append(text, digits[:size]...)
		data = data[n:]
	}
	return text
}

func appendBase58Decoded(data []byte, text string) ([]byte, error) {
	// The alphabet comes first: of a text with a stray character in it, that says more than the
	// length does.
	for i := range len(text) {
		if base58Digit[text[i]] < 0 {
			return nil, &Error{What: "base58", Reason: ErrAlphabet, Where: "character " + strconv.Itoa(i+1)}
		}
	}
	if blockSize[len(text)%fullBlockText] < 0 {
		return nil, &Error{What: "base58", Reason: ErrLength, Where: strconv.Itoa(len(text)) + " characters"}
	}
	for at := 0; at < len(text); at += fullBlockText {
		block := text[at:min(at+fullBlockText, len(text))]
		v, fits := decodeBlock(block)
		if !fits {
			return nil, &Error{What: "base58", Reason: ErrOverflow, Where: "characters from " + strconv.Itoa(at+1)}
		}
		var b [fullBlock]byte
		binary.BigEndian.PutUint64(b[:], v)
		data = append(data, b[fullBlock-blockSize[len(block)]:]...)
	}
	return data, nil
}

// decodeBlock gives the value of a block of characters of the alphabet, and whether it fits the
// bytes of a block of that length.
func decodeBlock(block string) (v uint64, fits bool) {
	for i := range len(block) {
		hi, lo := bits.Mul64(v, 58)
		sum, carry := bits.Add64(lo, uint64(base58Digit[block[i]]), 0)
		if hi != 0 || carry != 0 {
			return 0, false
		}
		v = sum
	}
	size := blockSize[len(block)]
	return v, size == fullBlock || v>>(8*size) == 0
}
