"""The real parts that tests run on: databases, containers, and the stacks made of them."""
