package attack

// operationRows are about information and operation.
var operationRows = []row{{"O2", o2}, {"O3", o3}}
