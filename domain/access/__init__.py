"""Access: the identity of callers, and their rights."""
