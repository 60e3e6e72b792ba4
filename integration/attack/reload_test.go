package attack

// reloadRows are about what is remembered, reloads and floods.
var reloadRows = []row{}
