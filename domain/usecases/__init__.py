"""What Fileport does: one use case a module, each an object that is called with one request."""
