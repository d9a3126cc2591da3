"""The contract of `domain.audit.ports.Audit`, and what the other ports record in it."""
