package terminal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// maxInput is how much of a file with a token is read, in bytes.
const maxInput = 64 << 10

// ErrTokenAsArgument says that the token itself stands where its file is wanted.
var ErrTokenAsArgument = errors.New("reading token: this looks like a token itself, and tokens are not taken from the command line, " +
	"where the machine's other users and the shell's history see them; write it to a file or pipe it in (-)")

// ErrNoToken says that the input is empty.
var ErrNoToken = errors.New("reading token: it is empty; the call that should have made it may have failed: " +
	"the AWS CLI writes why to standard error, which 2>&1 behind its command pipes in, too")

// TextError says that there is more than a token, such as the message of a call
// that failed.
type TextError struct {
	Text string // which may hold a token
}

func (*TextError) Error() string {
	return "reading token: there is white space in it, so it is more than a token; " +
		"aws sts get-web-identity-token … --query WebIdentityToken --output text prints the token alone"
}

// ReadToken reads a token from the file, or from stdin when the path is "-".
// White space around it and the words "Bearer" and "Authorization: Bearer"
// before it are taken away; the JSON that aws sts get-web-identity-token prints
// is read, too. At most 64 KiB are read. When stdin is a terminal, stderr is
// told what is waited for.
//
// The error is [ErrTokenAsArgument] for a path that is a token and [ErrNoToken]
// for an empty one, among others. None holds any of the token.
func ReadToken(path string, stdin io.Reader, stderr io.Writer) (string, error) {
	if looksLikeToken(path) {
		return "", ErrTokenAsArgument
	}
	input := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", openError(path, err)
		}
		defer file.Close()
		input = file
	} else if IsTerminal(stdin) {
		fmt.Fprintln(stderr, "waiting for a token on standard input; end it with Ctrl-D")
	}
	text, err := io.ReadAll(io.LimitReader(input, maxInput+1))
	if err != nil {
		return "", fmt.Errorf("reading token: %w", err)
	}
	if len(text) > maxInput {
		return "", fmt.Errorf("reading token: it is over %d bytes", maxInput)
	}
	return tokenIn(string(text))
}

// looksLikeToken reports whether a text looks like a compact JWS, whose header begins
// with {".
func looksLikeToken(text string) bool {
	text = withoutScheme(strings.TrimSpace(text))
	return strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2
}

// HoldsToken reports whether a compact JWS stands somewhere in a text.
func HoldsToken(text string) bool { return tokenInText.MatchString(text) }

// WithoutTokens writes a word in the place of each compact JWS in a text, whole or
// cut off behind its first 16 characters.
func WithoutTokens(text string) string {
	if !strings.Contains(text, "eyJ") {
		return text // as in most, at next to no cost
	}
	return partOfToken.ReplaceAllString(text, "(token)")
}

var (
	tokenInText = regexp.MustCompile(`eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.`)

	// partOfToken is what is left of a token that was cut off, too.
	partOfToken = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{13,}(\.[A-Za-z0-9_-]*){0,2}`)
)

// openError leaves the path out if it might be a part of a token.
func openError(path string, err error) error {
	if strings.HasPrefix(withoutScheme(path), "eyJ") {
		return ErrTokenAsArgument
	}
	var opening *os.PathError
	if errors.As(err, &opening) {
		err = opening.Err
	}
	return fmt.Errorf("reading token: opening %s: %w", Quote(path), err)
}

// TokenIn reads a token from a text as [ReadToken] reads it from a file.
func TokenIn(text string) (string, error) { return tokenIn(text) }

func tokenIn(text string) (string, error) {
	text = strings.TrimPrefix(text, "\ufeff") // as PowerShell writes files
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, `"`) {
		var err error
		if text, err = tokenInJSON(text); err != nil {
			return "", err
		}
	}
	token := strings.TrimSpace(withoutScheme(text))
	switch {
	case token == "", token == "None", token == "null": // as the AWS CLI writes nothing
		return "", ErrNoToken
	case strings.ContainsAny(token, " \t\r\n"):
		return "", &TextError{text}
	}
	return token, nil
}

// tokenInJSON reads what the AWS CLI prints: an object, or, with --query, a
// string.
func tokenInJSON(text string) (string, error) {
	var token string
	if err := json.Unmarshal([]byte(text), &token); err == nil {
		return token, nil
	}
	var document struct {
		WebIdentityToken *string
	}
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return "", errors.New("reading token: it begins as JSON and is none")
	}
	if document.WebIdentityToken == nil {
		return "", errors.New("reading token: it is JSON without a WebIdentityToken, which aws sts get-web-identity-token prints")
	}
	return *document.WebIdentityToken, nil
}

// withoutScheme takes away what stands before the token in a header (RFC 6750,
// section 2.1).
func withoutScheme(text string) string {
	text = withoutWord(text, "Authorization:")
	if rest := withoutWord(text, "Bearer"); rest == "" || rest != strings.TrimSpace(rest) {
		return strings.TrimSpace(rest)
	}
	return strings.TrimSpace(text)
}

func withoutWord(text, word string) string {
	text = strings.TrimSpace(text)
	if len(text) < len(word) || !strings.EqualFold(text[:len(word)], word) {
		return text
	}
	return text[len(word):]
}
