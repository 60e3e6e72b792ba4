// Package site tests the documentation: as it is read where it is kept, and as the
// site that make docs builds of it, by a crawl over its files and in a real
// Chromium. There is no internet in tests: of links to other servers only the form
// is looked at.
package site
