def prepare(): pass
