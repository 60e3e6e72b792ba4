package identity

import "fmt"

// UnsafeValueError says that a field's value is too long to be forwarded.
type UnsafeValueError struct {
	Field string // in canonical case
}

func (e *UnsafeValueError) Error() string {
	return fmt.Sprintf("setting header %s: its value is over %d bytes", e.Field, maxValue)
}
