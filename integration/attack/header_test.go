package attack

// headerRows are about headers and proxying.
var headerRows = []row{}
