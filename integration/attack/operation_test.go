package attack

import "slices"

// operationRows are about information and operation.
var operationRows = []row{{"O1", o1}, {"O2", o2}, {"O3", o3}, {"O4", func() []probe { return slices.Concat(o4(), openDoors()) }}}
