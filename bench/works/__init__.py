"""The work that is measured: each work, the sides that do it, and how one round of one side is taken."""
