//go:build !unix

package organization

import (
	"io/fs"
	"os"
)

// keepOwner and syncDirectory have no counterpart here.
func keepOwner(*os.File, fs.FileInfo) error { return nil }

func syncDirectory(string) error { return nil }
