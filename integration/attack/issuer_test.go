package attack

// issuerRows are about who a token is from and for, and its time.
var issuerRows = []row{}
