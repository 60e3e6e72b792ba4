package console

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed assets
var files embed.FS

// asset is one file of the page.
type asset struct {
	text     []byte
	mimeType string
}

var mimeTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
}

// assets maps the names beneath the page's path to its files. The page itself is
// the one of the empty name.
var assets = readAssets()

func readAssets() map[string]asset {
	all := make(map[string]asset)
	err := fs.WalkDir(files, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		all[name] = asset{text, mimeTypes[path.Ext(name)]}
		return nil
	})
	if err != nil {
		panic("reading the console's files: " + err.Error()) // the binary holds them
	}
	all[""] = all["assets/index.html"]
	delete(all, "assets/index.html")
	return all
}

// nameOf is the name that a path asks for, whatever stands before it: the page is
// at the prefix that the operator chose, with a slash behind, and knows it not.
func nameOf(path string) string {
	for _, directory := range []string{"/assets/", "/api/"} {
		if at := strings.LastIndex(path, directory); at >= 0 {
			return path[at+1:]
		}
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}
