package attack

// operationRows are about information and operation.
var operationRows = []row{}
