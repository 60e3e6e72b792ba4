package attack

// keyRows are about the issuers' keys.
var keyRows = []row{}
